// SPDX-License-Identifier: Apache-2.0

package views

import (
	"strings"

	"github.com/datapunk/otelauth/semconv"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// instrumentScope is the scope of package instrument, which passes no attribute
// outside the registry. It is a literal because views must not import it.
const instrumentScope = "github.com/datapunk/otelauth/instrument"

// A plan is how a metric is aggregated.
type plan struct {
	left      bool                  // out altogether
	histogram sdkmetric.Aggregation // nil unless the metric is a histogram
	filter    attribute.Filter      // the attributes that pass
	reduced   bool                  // the filter takes an attribute of the registry
}

// plans is the one view of all metrics, by name.
type plans map[string]plan

// plans resolves the choices once, so that the view itself only looks up.
func (c *config) plans() plans {
	all := plans{}
	for _, m := range semconv.Metrics() {
		p := plan{left: c.left[m.Name], histogram: c.aggregation(m)}
		var pass []attribute.Key
		for _, a := range m.Attributes {
			if c.passes(m.Name, a.Key) {
				pass = append(pass, a.Key)
			}
		}
		p.filter = attribute.NewAllowKeysFilter(pass...)
		p.reduced = len(pass) < len(m.Attributes)
		all[m.Name] = p
	}
	return all
}

func (c *config) aggregation(m semconv.Metric) sdkmetric.Aggregation {
	if m.Instrument != semconv.KindHistogram {
		return nil
	}
	bounds, own := c.buckets[m.Name]
	switch {
	case own:
	case c.exponential[m.Name]:
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20, NoMinMax: true}
	default:
		bounds = m.Buckets
	}
	return sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds, NoMinMax: true}
}

// view is the SDK's View. The SDK takes names of instruments to be equal
// whatever their case, and so does this.
func (p plans) view(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	plan, ok := p[strings.ToLower(i.Name)]
	if !ok {
		return sdkmetric.Stream{}, false
	}
	s := sdkmetric.Stream{
		Name: i.Name, Description: i.Description, Unit: i.Unit,
		ExemplarReservoirProviderSelector: tracesAlone,
	}
	if plan.left {
		s.Aggregation = sdkmetric.AggregationDrop{}
		return s, true
	}
	// Somebody else's counter of that name must not become a histogram.
	if i.Kind == sdkmetric.InstrumentKindHistogram {
		s.Aggregation = plan.histogram
	}
	if plan.reduced || i.Scope.Name != instrumentScope {
		s.AttributeFilter = plan.filter
	}
	return s, true
}

// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// checkConformance holds everything that a receiver got from us against the registry, and returns the names of the
// registry's metrics that came.
func checkConformance(t *testing.T, received []pmetric.Metrics) map[string]bool {
	t.Helper()
	c := checker{t: t, seen: map[string]bool{}, said: map[string]bool{}}
	for scope, m := range all(received) {
		if !strings.HasPrefix(m.Name(), "auth.") && scope.Scope().Name() != instrument.ScopeName {
			continue // another library's metric
		}
		if got := scope.Scope().Version(); scope.Scope().Name() == instrument.ScopeName && got != instrument.Version {
			c.errorf("scope %s has version %q, want %q", scope.Scope().Name(), got, instrument.Version)
		}
		if got := scope.SchemaUrl(); got != semconv.SchemaURL {
			c.errorf("scope %s has schema URL %q, want %q", scope.Scope().Name(), got, semconv.SchemaURL)
		}
		c.metric(m)
	}
	return c.seen
}

// all iterates over the metrics of several pushes.
func all(received []pmetric.Metrics) func(func(pmetric.ScopeMetrics, pmetric.Metric) bool) {
	return func(yield func(pmetric.ScopeMetrics, pmetric.Metric) bool) {
		for _, push := range received {
			for _, resource := range push.ResourceMetrics().All() {
				for _, scope := range resource.ScopeMetrics().All() {
					for _, m := range scope.Metrics().All() {
						if !yield(scope, m) {
							return
						}
					}
				}
			}
		}
	}
}

type checker struct {
	t    *testing.T
	seen map[string]bool
	said map[string]bool // the same fault comes with every push; once is enough
}

func (c *checker) errorf(format string, args ...any) {
	c.t.Helper()
	if text := fmt.Sprintf(format, args...); !c.said[text] {
		c.said[text] = true
		c.t.Error(text)
	}
}

func (c *checker) metric(m pmetric.Metric) {
	c.t.Helper()
	want, ok := semconv.LookupMetric(m.Name())
	if !ok {
		c.errorf("%s is not in the registry", m.Name())
		return
	}
	c.seen[m.Name()] = true
	if m.Unit() != want.Unit {
		c.errorf("%s: unit %q, want %q", m.Name(), m.Unit(), want.Unit)
	}
	if m.Description() != want.Description {
		c.errorf("%s: description %q, want %q", m.Name(), m.Description(), want.Description)
	}
	if got, want := shape(m), wantShape(want.Instrument); got != want {
		c.errorf("%s: %s, want %s", m.Name(), got, want)
		return
	}
	switch m.Type() {
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			c.attributes(want, p.Attributes())
			c.histogram(want, p)
		}
	case pmetric.MetricTypeSum:
		c.numbers(want, m.Sum().DataPoints())
	default:
		c.numbers(want, m.Gauge().DataPoints())
	}
}

// shape says in words what came, and wantShape what ought to come.
func shape(m pmetric.Metric) string {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		return fmt.Sprintf("sum, monotonic %v, %s", m.Sum().IsMonotonic(), m.Sum().AggregationTemporality())
	case pmetric.MetricTypeHistogram:
		return fmt.Sprintf("histogram, %s", m.Histogram().AggregationTemporality())
	default:
		return strings.ToLower(m.Type().String())
	}
}

func wantShape(k semconv.InstrumentKind) string {
	switch k {
	case semconv.KindCounter:
		return "sum, monotonic true, Cumulative"
	case semconv.KindUpDownCounter:
		return "sum, monotonic false, Cumulative"
	case semconv.KindHistogram:
		return "histogram, Cumulative"
	default:
		return "gauge"
	}
}

func (c *checker) numbers(want semconv.Metric, points pmetric.NumberDataPointSlice) {
	c.t.Helper()
	kind := pmetric.NumberDataPointValueTypeInt
	if want.Float {
		kind = pmetric.NumberDataPointValueTypeDouble
	}
	for _, p := range points.All() {
		c.attributes(want, p.Attributes())
		if p.ValueType() != kind {
			c.errorf("%s: values are %s, want %s", want.Name, p.ValueType(), kind)
		}
		// None of the registry's metrics can be negative: they are counts, quotas and times since 1970.
		if p.IntValue() < 0 || p.DoubleValue() < 0 {
			c.errorf("%s %v is negative", want.Name, p.Attributes().AsRaw())
		}
		if p.Timestamp() == 0 || p.StartTimestamp() > p.Timestamp() {
			c.errorf("%s: from %v to %v", want.Name, p.StartTimestamp(), p.Timestamp())
		}
	}
}

func (c *checker) histogram(want semconv.Metric, p pmetric.HistogramDataPoint) {
	c.t.Helper()
	var count uint64
	for _, n := range p.BucketCounts().All() {
		count += n
	}
	if p.Count() == 0 || p.Count() != count {
		c.errorf("%s: %d in the buckets of a count of %d", want.Name, count, p.Count())
	}
	if got := p.ExplicitBounds().AsRaw(); !slices.Equal(got, want.Buckets) {
		c.errorf("%s: bounds %v, want %v", want.Name, got, want.Buckets)
	}
	if !p.HasSum() || p.Sum() < 0 {
		c.errorf("%s: sum %v", want.Name, p.Sum())
	}
	if p.Timestamp() == 0 || p.StartTimestamp() > p.Timestamp() {
		c.errorf("%s: from %v to %v", want.Name, p.StartTimestamp(), p.Timestamp())
	}
}

// attributes wants the required ones, none that the registry does not name, and of a closed enum none but its values.
func (c *checker) attributes(want semconv.Metric, got pcommon.Map) {
	c.t.Helper()
	known := map[attribute.Key]bool{}
	for _, a := range want.Attributes {
		known[a.Key] = true
		_, has := got.Get(string(a.Key))
		switch due := c.due(a, got); {
		case due && !has:
			c.errorf("%s %v lacks %s", want.Name, got.AsRaw(), a.Key)
		case has && !due && a.Level == semconv.LevelConditionallyRequired:
			c.errorf("%s %v has %s, which belongs there only %s", want.Name, got.AsRaw(), a.Key, a.Condition)
		}
	}
	for name, value := range got.All() {
		key := attribute.Key(name)
		switch enum := closed[key]; {
		case !known[key]:
			c.errorf("%s has an attribute %s", want.Name, key)
		case value.Type() != pcommon.ValueTypeStr || value.Str() == "":
			c.errorf("%s: %s is %v", want.Name, key, value.AsRaw())
		case !open[key] && !slices.Contains(enum, value.Str()):
			c.errorf("%s: %s=%q is not one of %q", want.Name, key, value.Str(), enum)
		}
	}
}

// due tells whether a data point must have the attribute.
func (c *checker) due(a semconv.MetricAttribute, got pcommon.Map) bool {
	result, _ := got.Get(string(semconv.ResultKey))
	switch {
	case a.Level == semconv.LevelRequired:
		return true
	case a.Level != semconv.LevelConditionallyRequired:
		return false
	case a.Key == semconv.ReasonKey:
		return result.Str() == semconv.ResultFailure.String()
	case a.Key == semconv.ErrorTypeKey:
		return result.Str() == semconv.ResultError.String()
	}
	c.errorf("no test for the condition of %s: %s", a.Key, a.Condition)
	return false
}

// TestEveryAttributeIsKnown keeps the two lists of attributes complete.
func TestEveryAttributeIsKnown(t *testing.T) {
	for _, m := range semconv.Metrics() {
		for _, a := range m.Attributes {
			if open[a.Key] == (len(closed[a.Key]) > 0) {
				t.Errorf("%s of %s has to be either open or closed", a.Key, m.Name)
			}
		}
	}
}

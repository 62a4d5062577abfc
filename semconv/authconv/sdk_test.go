// SPDX-License-Identifier: Apache-2.0

package authconv

import (
	"fmt"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/semconv"
)

// data is what leaves the SDK, in a form that can be compared.
type data struct {
	unit, description string
	kind              string // "int64 counter", "float64 histogram" ...
	buckets           []float64
	value             float64 // of a histogram the sum
	attributes        attribute.Set
}

func (d data) equal(e data) bool {
	return d.unit == e.unit && d.description == e.description && d.kind == e.kind && d.value == e.value &&
		slices.Equal(d.buckets, e.buckets) && d.attributes.Equals(&e.attributes)
}

func (d data) String() string {
	return fmt.Sprintf("%s in %s, %q: %v with %v, boundaries %v",
		d.kind, d.unit, d.description, d.value, d.attributes.ToSlice(), d.buckets)
}

// newMeter returns a meter of a real SDK and a function that collects what was
// recorded, by name. A metric must have one point.
func newMeter(t *testing.T) (metric.Meter, func() map[string]data) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	return provider.Meter("test"), func() map[string]data {
		t.Helper()
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		all := map[string]data{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				all[m.Name] = point(t, m)
			}
		}
		return all
	}
}

func point(t *testing.T, m metricdata.Metrics) data {
	t.Helper()
	d := data{unit: m.Unit, description: m.Description}
	counter := func(monotonic bool) string {
		if monotonic {
			return "counter"
		}
		return "updowncounter"
	}
	switch agg := m.Data.(type) {
	case metricdata.Sum[int64]:
		p := single(t, m.Name, agg.DataPoints)
		d.kind, d.value, d.attributes = "int64 "+counter(agg.IsMonotonic), float64(p.Value), p.Attributes
	case metricdata.Gauge[int64]:
		p := single(t, m.Name, agg.DataPoints)
		d.kind, d.value, d.attributes = "int64 gauge", float64(p.Value), p.Attributes
	case metricdata.Gauge[float64]:
		p := single(t, m.Name, agg.DataPoints)
		d.kind, d.value, d.attributes = "float64 gauge", p.Value, p.Attributes
	case metricdata.Histogram[float64]:
		p := single(t, m.Name, agg.DataPoints)
		d.kind, d.value, d.attributes, d.buckets = "float64 histogram", p.Sum, p.Attributes, p.Bounds
	default:
		t.Fatalf("%s is a %T", m.Name, agg)
	}
	return d
}

func single[P any](t *testing.T, name string, points []P) P {
	t.Helper()
	if len(points) != 1 {
		t.Fatalf("%s has %d points, want 1", name, len(points))
	}
	return points[0]
}

// exported returns what the registry says must leave the SDK after a recording
// with the values in values.
func exported(m semconv.Metric) data {
	number := "int64 "
	if m.Float {
		number = "float64 "
	}
	kind := m.Instrument
	if kind == semconv.KindObservableGauge {
		kind = semconv.KindGauge
	}
	var kvs []attribute.KeyValue
	for _, a := range m.Attributes {
		if a.Level == semconv.LevelRequired {
			kvs = append(kvs, a.Key.String(values[a.Key]))
		}
	}
	return data{
		unit: m.Unit, description: m.Description, kind: number + kind.String(), value: 1,
		buckets: slices.Clone(m.Buckets), attributes: attribute.NewSet(kvs...),
	}
}

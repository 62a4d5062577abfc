// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// everyKind returns n points of each kind of data, each with a number of its own.
func everyKind(n int) []metricdata.Metrics {
	next := uint64(0)
	number := func() uint64 { next++; return next }
	ints, floats := make([]metricdata.DataPoint[int64], n), make([]metricdata.DataPoint[float64], n)
	hi, hf := make([]metricdata.HistogramDataPoint[int64], n), make([]metricdata.HistogramDataPoint[float64], n)
	ei, ef := make([]metricdata.ExponentialHistogramDataPoint[int64], n), make([]metricdata.ExponentialHistogramDataPoint[float64], n)
	summary := make([]metricdata.SummaryDataPoint, n)
	for i := range n {
		ints[i].Value, floats[i].Value = int64(number()), float64(number())
		hi[i].Count, hf[i].Count, ei[i].Count, ef[i].Count, summary[i].Count = number(), number(), number(), number(), number()
	}
	const c = metricdata.CumulativeTemporality
	return []metricdata.Metrics{
		{Name: "a", Unit: "1", Description: "d", Data: metricdata.Sum[int64]{DataPoints: ints, Temporality: c, IsMonotonic: true}},
		{Name: "b", Data: metricdata.Sum[float64]{DataPoints: floats, Temporality: c}},
		{Name: "c", Data: metricdata.Gauge[int64]{DataPoints: ints}},
		{Name: "d", Data: metricdata.Gauge[float64]{DataPoints: floats}},
		{Name: "e", Data: metricdata.Histogram[int64]{DataPoints: hi, Temporality: c}},
		{Name: "f", Data: metricdata.Histogram[float64]{DataPoints: hf, Temporality: c}},
		{Name: "g", Data: metricdata.ExponentialHistogram[int64]{DataPoints: ei, Temporality: c}},
		{Name: "h", Data: metricdata.ExponentialHistogram[float64]{DataPoints: ef, Temporality: c}},
		{Name: "i", Data: metricdata.Summary{DataPoints: summary}},
	}
}

// flat lists the points in their order, with all that surrounds them.
func flat(rm *metricdata.ResourceMetrics) []string {
	var out []string
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			for i := range points(m.Data) {
				out = append(out, fmt.Sprint(s.Scope.Name, m.Name, m.Unit, m.Description, cut(m.Data, i, i+1)))
			}
		}
	}
	return out
}

func TestSplit(t *testing.T) {
	res := resource.Default()
	data := &metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{
		{Scope: instrumentation.Scope{Name: "one"}, Metrics: everyKind(3)},
		{Scope: instrumentation.Scope{Name: "empty"}, Metrics: []metricdata.Metrics{{Name: "nothing", Data: metricdata.Sum[int64]{}}}},
		{Scope: instrumentation.Scope{Name: "two"}, Metrics: everyKind(2)},
	}}
	want := flat(data)
	if len(want) != 9*5 {
		t.Fatalf("%d points to begin with, want 45", len(want))
	}
	for size := 1; size <= 50; size++ {
		var got []string
		batches := split(data, size)
		for i, b := range batches {
			points := flat(b.data)
			if len(points) != b.points || b.points > size || b.points < size && i < len(batches)-1 {
				t.Errorf("size %d: batch %d of %d says %d points and holds %d", size, i, len(batches), b.points, len(points))
			}
			if b.data.Resource != res {
				t.Errorf("size %d: batch %d lost its resource", size, i)
			}
			got = append(got, points...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("size %d: the points are not the same", size)
		}
	}
	if after := flat(data); fmt.Sprint(after) != fmt.Sprint(want) {
		t.Error("split changed the data")
	}
}

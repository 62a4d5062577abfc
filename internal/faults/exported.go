// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Exported is what a reader would export. The zero Exported is ready.
type Exported struct{ data metricdata.ResourceMetrics }

// A Point is a series of a metric: its sum, or a histogram's number of
// measurements.
type Point struct {
	Metric string
	Attrs  attribute.Set
	Value  float64
}

// Collect takes what there is now.
func (e *Exported) Collect(tb testing.TB, r sdkmetric.Reader) {
	tb.Helper()
	if err := r.Collect(context.Background(), &e.data); err != nil {
		tb.Errorf("collect: %v", err)
	}
}

// Points returns every series.
func (e *Exported) Points() []Point {
	var all []Point
	for _, sm := range e.data.ScopeMetrics {
		for _, m := range sm.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				all = numbers(all, m.Name, d.DataPoints)
			case metricdata.Sum[float64]:
				all = numbers(all, m.Name, d.DataPoints)
			case metricdata.Gauge[int64]:
				all = numbers(all, m.Name, d.DataPoints)
			case metricdata.Gauge[float64]:
				all = numbers(all, m.Name, d.DataPoints)
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					all = append(all, Point{m.Name, p.Attributes, float64(p.Count)})
				}
			}
		}
	}
	return all
}

func numbers[N int64 | float64](all []Point, name string, ps []metricdata.DataPoint[N]) []Point {
	for _, p := range ps {
		all = append(all, Point{name, p.Attributes, float64(p.Value)})
	}
	return all
}

// Series is how many there are.
func (e *Exported) Series() int { return len(e.Points()) }

// Total is the sum over all series of the metrics.
func (e *Exported) Total(metrics ...string) (sum float64) {
	for _, m := range metrics {
		sum += e.Value(m)
	}
	return sum
}

// Value is the sum over the series of a metric that have the attributes.
func (e *Exported) Value(metric string, attrs ...attribute.KeyValue) float64 {
	var sum float64
	for _, p := range e.Points() {
		if p.Metric != metric {
			continue
		}
		has := true
		for _, kv := range attrs {
			v, ok := p.Attrs.Value(kv.Key)
			has = has && ok && v == kv.Value
		}
		if has {
			sum += p.Value
		}
	}
	return sum
}

// Values returns the value of every attribute of every series.
func (e *Exported) Values() []string {
	var all []string
	for _, p := range e.Points() {
		for _, kv := range p.Attrs.ToSlice() {
			all = append(all, kv.Value.String())
		}
	}
	return all
}

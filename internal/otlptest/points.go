// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Point is a data point of a sum, a gauge or a histogram.
type Point struct {
	// Attributes holds the string attributes.
	Attributes map[string]string
	// Value is the number of a sum or gauge, the sum of a histogram.
	Value float64
	// Count is the count of a histogram.
	Count uint64
	// Time is when it was collected, in Unix nanoseconds.
	Time uint64
	// Temporality is that of the sum or histogram.
	Temporality metricspb.AggregationTemporality
}

// Points returns the points of a metric in the accepted requests, oldest first.
func (c *Collector) Points(metric string) []Point {
	var out []Point
	for _, r := range c.Requests() {
		for _, m := range r.metrics() {
			if m.GetName() == metric {
				out = append(out, points(m)...)
			}
		}
	}
	return out
}

// Last returns the newest point of a metric; false when there is none.
func (c *Collector) Last(metric string) (Point, bool) {
	all := c.Points(metric)
	if len(all) == 0 {
		return Point{}, false
	}
	return all[len(all)-1], true
}

// DataPoints returns how many data points the request holds.
func (r Request) DataPoints() int {
	n := 0
	for _, m := range r.metrics() {
		n += len(points(m))
	}
	return n
}

// Resource returns the string attributes of the first resource.
func (r Request) Resource() map[string]string {
	out := map[string]string{}
	if len(r.Metrics) == 0 {
		return out
	}
	for _, kv := range r.Metrics[0].GetResource().GetAttributes() {
		out[kv.GetKey()] = kv.GetValue().GetStringValue()
	}
	return out
}

func (r Request) metrics() []*metricspb.Metric {
	var out []*metricspb.Metric
	for _, rm := range r.Metrics {
		for _, sm := range rm.GetScopeMetrics() {
			out = append(out, sm.GetMetrics()...)
		}
	}
	return out
}

func points(m *metricspb.Metric) []Point {
	switch data := m.GetData().(type) {
	case *metricspb.Metric_Sum:
		return numbers(data.Sum.GetDataPoints(), data.Sum.GetAggregationTemporality())
	case *metricspb.Metric_Gauge:
		return numbers(data.Gauge.GetDataPoints(), 0)
	case *metricspb.Metric_Histogram:
		var out []Point
		for _, p := range data.Histogram.GetDataPoints() {
			out = append(out, Point{
				Attributes:  attributes(p),
				Value:       p.GetSum(),
				Count:       p.GetCount(),
				Time:        p.GetTimeUnixNano(),
				Temporality: data.Histogram.GetAggregationTemporality(),
			})
		}
		return out
	case *metricspb.Metric_ExponentialHistogram:
		var out []Point
		for _, p := range data.ExponentialHistogram.GetDataPoints() {
			out = append(out, Point{
				Attributes:  attributes(p),
				Value:       p.GetSum(),
				Count:       p.GetCount(),
				Time:        p.GetTimeUnixNano(),
				Temporality: data.ExponentialHistogram.GetAggregationTemporality(),
			})
		}
		return out
	default:
		return nil
	}
}

func numbers(in []*metricspb.NumberDataPoint, t metricspb.AggregationTemporality) []Point {
	var out []Point
	for _, p := range in {
		value := p.GetAsDouble()
		if n, ok := p.GetValue().(*metricspb.NumberDataPoint_AsInt); ok {
			value = float64(n.AsInt)
		}
		out = append(out, Point{Attributes: attributes(p), Value: value, Time: p.GetTimeUnixNano(), Temporality: t})
	}
	return out
}

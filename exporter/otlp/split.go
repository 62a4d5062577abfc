// SPDX-License-Identifier: Apache-2.0

package otlp

import "go.opentelemetry.io/otel/sdk/metric/metricdata"

// batch is what one request holds.
type batch struct {
	data   *metricdata.ResourceMetrics
	points int
}

// split cuts data into batches of at most size data points. The batches share
// the points of the data, and nothing of it is changed.
func split(data *metricdata.ResourceMetrics, size int) []batch {
	var batches []batch
	for _, scope := range data.ScopeMetrics {
		opened := false // the scope has a place in the last batch
		for _, m := range scope.Metrics {
			total := points(m.Data)
			for from := 0; from < total; {
				if len(batches) == 0 || batches[len(batches)-1].points == size {
					batches = append(batches, batch{data: &metricdata.ResourceMetrics{Resource: data.Resource}})
					opened = false
				}
				last := &batches[len(batches)-1]
				if !opened {
					last.data.ScopeMetrics = append(last.data.ScopeMetrics, metricdata.ScopeMetrics{Scope: scope.Scope})
					opened = true
				}
				to := min(total, from+size-last.points)
				part := m
				part.Data = cut(m.Data, from, to)
				into := &last.data.ScopeMetrics[len(last.data.ScopeMetrics)-1]
				into.Metrics = append(into.Metrics, part)
				last.points += to - from
				from = to
			}
		}
	}
	return batches
}

// points counts the data points; none of a kind that is unknown, which the
// exporters cannot send either.
func points(data metricdata.Aggregation) int {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return len(d.DataPoints)
	case metricdata.Sum[float64]:
		return len(d.DataPoints)
	case metricdata.Gauge[int64]:
		return len(d.DataPoints)
	case metricdata.Gauge[float64]:
		return len(d.DataPoints)
	case metricdata.Histogram[int64]:
		return len(d.DataPoints)
	case metricdata.Histogram[float64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return len(d.DataPoints)
	case metricdata.Summary:
		return len(d.DataPoints)
	default:
		return 0
	}
}

// cut returns the points from one index up to another. The data are copies
// already, all but their points.
func cut(data metricdata.Aggregation, from, to int) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Sum[float64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Gauge[int64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Gauge[float64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Histogram[int64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Histogram[float64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.ExponentialHistogram[int64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.ExponentialHistogram[float64]:
		d.DataPoints = d.DataPoints[from:to]
		return d
	case metricdata.Summary:
		d.DataPoints = d.DataPoints[from:to]
		return d
	default:
		return data
	}
}

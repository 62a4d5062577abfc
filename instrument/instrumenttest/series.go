// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// series is one series of a metric.
type series struct {
	metric string
	attrs  attribute.Set
	value  float64 // of a histogram the number of its measurements
	gauge  bool    // a value that cannot be added to another's
}

// flatten returns every series there is, in an order that does not change.
func flatten(rm metricdata.ResourceMetrics) []series {
	var all []series
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			all = append(all, points(m)...)
		}
	}
	slices.SortFunc(all, func(a, b series) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

func points(m metricdata.Metrics) (all []series) {
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		return numbers(m.Name, d.DataPoints, false)
	case metricdata.Sum[float64]:
		return numbers(m.Name, d.DataPoints, false)
	case metricdata.Gauge[int64]:
		return numbers(m.Name, d.DataPoints, true)
	case metricdata.Gauge[float64]:
		return numbers(m.Name, d.DataPoints, true)
	case metricdata.Histogram[int64]:
		return histograms(m.Name, d.DataPoints)
	case metricdata.Histogram[float64]:
		return histograms(m.Name, d.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return exponentials(m.Name, d.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return exponentials(m.Name, d.DataPoints)
	case metricdata.Summary:
		for _, p := range d.DataPoints {
			all = append(all, series{m.Name, p.Attributes, float64(p.Count), false})
		}
	}
	return all
}

func numbers[N int64 | float64](name string, ps []metricdata.DataPoint[N], gauge bool) (all []series) {
	for _, p := range ps {
		all = append(all, series{name, p.Attributes, float64(p.Value), gauge})
	}
	return all
}

func histograms[N int64 | float64](name string, ps []metricdata.HistogramDataPoint[N]) (all []series) {
	for _, p := range ps {
		all = append(all, series{name, p.Attributes, float64(p.Count), false})
	}
	return all
}

func exponentials[N int64 | float64](name string, ps []metricdata.ExponentialHistogramDataPoint[N]) (all []series) {
	for _, p := range ps {
		all = append(all, series{name, p.Attributes, float64(p.Count), false})
	}
	return all
}

// has tells how many of the attributes the series has.
func (s series) has(attrs []attribute.KeyValue) int {
	n := 0
	for _, kv := range attrs {
		if v, ok := s.attrs.Value(kv.Key); ok && v == kv.Value {
			n++
		}
	}
	return n
}

// String is the name and the attributes, by which a series is told from others.
func (s series) String() string { return s.metric + braces(s.attrs.ToSlice()) }

// line is the series with its value, as failures show it.
func (s series) line() string { return fmt.Sprintf("%v  %v", s.value, s) }

func braces(attrs []attribute.KeyValue) string {
	if len(attrs) == 0 {
		return ""
	}
	words := make([]string, len(attrs))
	for i, kv := range attrs {
		words[i] = string(kv.Key) + "=" + kv.Value.String()
	}
	slices.Sort(words)
	return "{" + strings.Join(words, " ") + "}"
}

// list shows series one a line.
func list(all []series) string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString("\n\t")
		b.WriteString(s.line())
	}
	return b.String()
}

// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/prometheus/otlptranslator"

// prometheusName returns the name of the metric on a Prometheus page: with
// underscores and suffixes, the translation that package exporter/prom sets.
func prometheusName(m *metric) (string, error) {
	var typ otlptranslator.MetricType
	switch m.Instrument {
	case "counter":
		typ = otlptranslator.MetricTypeMonotonicCounter
	case "updowncounter":
		typ = otlptranslator.MetricTypeNonMonotonicCounter
	case "histogram":
		typ = otlptranslator.MetricTypeHistogram
	default:
		typ = otlptranslator.MetricTypeGauge
	}
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	return namer.Build(otlptranslator.Metric{Name: m.Name, Unit: m.Unit, Type: typ})
}

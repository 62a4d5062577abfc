// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// A Metric is an entry of the registry.
type Metric struct {
	// Name is the OpenTelemetry name, such as "auth.authentication.attempts".
	Name string
	// Unit is "s", "1" or a singular word in braces, such as "{attempt}".
	Unit string
	// Description says in a sentence what the metric counts.
	Description string
	// Instrument is the kind of instrument that records it.
	Instrument InstrumentKind
	// Float tells that values are float64; else they are int64.
	Float bool
	// Buckets are the default boundaries of a histogram in Unit, rising; nil for any other
	// instrument.
	Buckets []float64
	// Attributes are those that a measurement has or may have; nil if none.
	Attributes []MetricAttribute
	// Stability is "development", "alpha", "beta", "release_candidate" or "stable".
	Stability string
}

// A MetricAttribute is an attribute of a [Metric].
type MetricAttribute struct {
	Key   attribute.Key
	Level RequirementLevel
	// Condition says, for LevelConditionallyRequired, when the attribute is there.
	Condition string
}

// An InstrumentKind is the kind of instrument that records a metric.
type InstrumentKind uint8

// Kinds of instruments.
const (
	KindCounter InstrumentKind = iota
	KindUpDownCounter
	KindHistogram
	KindGauge
	KindObservableGauge
)

// String returns "counter", "updowncounter", "histogram", "gauge" or
// "observable gauge"; "unknown" for any other value.
func (k InstrumentKind) String() string {
	return name(int(k), "counter", "updowncounter", "histogram", "gauge", "observable gauge")
}

// A RequirementLevel tells when a measurement carries an attribute.
type RequirementLevel uint8

// Requirement levels of OpenTelemetry's conventions.
const (
	// LevelRequired: always.
	LevelRequired RequirementLevel = iota
	// LevelConditionallyRequired: whenever the condition holds.
	LevelConditionallyRequired
	// LevelRecommended: unless the user leaves it out.
	LevelRecommended
	// LevelOptIn: only if the user asks for it.
	LevelOptIn
)

// String returns "required", "conditionally_required", "recommended" or
// "opt_in"; "unknown" for any other value.
func (l RequirementLevel) String() string {
	return name(int(l), "required", "conditionally_required", "recommended", "opt_in")
}

func name(i int, names ...string) string {
	if i >= len(names) {
		return "unknown"
	}
	return names[i]
}

// Metrics returns every metric of the registry, by name. The slice and all
// behind it are the caller's.
func Metrics() []Metric {
	all := slices.Clone(metrics)
	for i := range all {
		all[i] = all[i].clone()
	}
	return all
}

// LookupMetric returns the metric with the name, and whether there is one. What
// it returns is the caller's.
func LookupMetric(name string) (Metric, bool) {
	i, ok := slices.BinarySearchFunc(metrics, name, func(m Metric, name string) int {
		return strings.Compare(m.Name, name)
	})
	if !ok {
		return Metric{}, false
	}
	return metrics[i].clone(), true
}

func (m Metric) clone() Metric {
	m.Buckets = slices.Clone(m.Buckets)
	m.Attributes = slices.Clone(m.Attributes)
	return m
}

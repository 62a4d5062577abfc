// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"strings"
)

func (c *checker) metric(g yamlGroup) *metric {
	own := g.Annotations.Otelauth
	m := &metric{
		File: c.file, Name: g.MetricName, GoName: camel(g.MetricName), Brief: strings.TrimSpace(g.Brief),
		Note: strings.TrimSpace(g.Note), Stability: g.Stability, Instrument: g.Instrument, Observable: own.Observable,
		Unit: g.Unit, Float: g.Annotations.CodeGeneration.MetricValueType == "double", Buckets: own.Buckets,
	}
	c.stability(g.Stability)
	c.metricName(m)
	c.unit(m)
	c.instrument(m)
	if vt := g.Annotations.CodeGeneration.MetricValueType; vt != "int" && vt != "double" {
		c.errorf("annotation metric_value_type %q is neither int nor double", vt)
	}
	for _, ya := range g.Attributes {
		if a, ok := c.reference(ya); ok {
			if slices.ContainsFunc(m.Attributes, func(b metricAttribute) bool { return b.ID == a.ID }) {
				c.errorf("ref %q is there twice", a.ID)
			}
			m.Attributes = append(m.Attributes, a)
		}
	}
	return m
}

func (c *checker) metricName(m *metric) {
	if !idForm.MatchString(m.Name) || !strings.HasPrefix(m.Name, "auth.") {
		c.errorf("metric_name %q is not lower case in the namespace auth", m.Name)
	}
	// The suffix is Prometheus's; its translation adds it.
	if strings.HasSuffix(m.Name, "total") {
		c.errorf("metric_name %q ends in total", m.Name)
	}
	c.unique(m.Name)
	c.goName("authconv.", m.GoName)
}

// unit checks the unit, and that times are floating-point seconds.
func (c *checker) unit(m *metric) {
	if !unitForm.MatchString(m.Unit) {
		c.errorf("unit %q is not s, 1 or a word in braces", m.Unit)
	}
	if strings.HasSuffix(m.Unit, "s}") {
		c.errorf("unit %q is not singular", m.Unit)
	}
	timed := strings.HasSuffix(m.Name, ".duration") || strings.HasSuffix(m.Name, ".timestamp")
	if timed != (m.Unit == "s") {
		c.errorf("a duration or timestamp, and nothing else, has the unit s (has %q)", m.Unit)
	}
	if timed != m.Float {
		c.errorf("a duration or timestamp, and nothing else, has the value type double")
	}
}

func (c *checker) instrument(m *metric) {
	switch m.Instrument {
	case "counter", "updowncounter", "gauge", "histogram":
	default:
		c.errorf("unknown instrument %q", m.Instrument)
	}
	if m.Observable && m.Instrument != "gauge" {
		c.errorf("only a gauge can be observable")
	}
	if (len(m.Buckets) > 0) != (m.Instrument == "histogram") {
		c.errorf("a histogram, and nothing else, has buckets")
	}
	if len(m.Buckets) > maxBuckets {
		c.errorf("%d bucket boundaries are more than %d", len(m.Buckets), maxBuckets)
	}
	for i, b := range m.Buckets {
		if math.IsNaN(b) || math.IsInf(b, 0) || b <= 0 || i > 0 && b <= m.Buckets[i-1] {
			c.errorf("bucket boundaries must be positive and rise (at %v)", b)
		}
	}
	if m.Instrument == "histogram" && m.Note == "" {
		c.errorf("note is missing: it says why the boundaries are what they are")
	}
}

// reference resolves an attribute of a metric.
func (c *checker) reference(ya yamlAttribute) (metricAttribute, bool) {
	level := ya.RequirementLevel
	switch level.Level {
	case "required", "recommended", "opt_in":
	case "conditionally_required":
		if level.Condition == "" {
			c.errorf("ref %q: conditionally_required without its condition", ya.Ref)
		}
	default:
		c.errorf("ref %q: unknown requirement_level %q", ya.Ref, level.Level)
	}
	if ya.ID != "" {
		c.errorf("attribute %q is defined in a metric; define it in a group and refer to it", ya.ID)
		return metricAttribute{}, false
	}
	a, ok := c.attributes[ya.Ref]
	if !ok {
		c.errorf("ref to the unknown attribute %q", ya.Ref)
		return metricAttribute{}, false
	}
	return metricAttribute{attribute: a, Level: level.Level, Condition: strings.TrimSpace(level.Condition)}, true
}

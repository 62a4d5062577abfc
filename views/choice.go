// SPDX-License-Identifier: Apache-2.0

package views

import (
	"fmt"
	"slices"

	"github.com/datapunk/otelauth/semconv"
	"go.opentelemetry.io/otel/attribute"
)

// A Choice changes one default of [Default]. Choices add up; where two set the
// same thing, the last wins.
type Choice interface {
	apply(*config) error
}

type choiceFunc func(*config) error

func (f choiceFunc) apply(c *config) error { return f(c) }

// Buckets gives the histogram other bucket boundaries, in its unit (seconds for
// every duration). At least one, rising and finite; the bucket up to infinity
// is always there. It goes before [Exponential].
func Buckets(metric string, bounds ...float64) Choice {
	bounds = slices.Clone(bounds)
	return choiceFunc(func(c *config) error {
		if _, err := lookup("Buckets", metric, semconv.KindHistogram); err != nil {
			return err
		}
		if err := checkBounds(bounds); err != nil {
			return fmt.Errorf("views: Buckets(%q): %w", metric, err)
		}
		c.buckets[metric] = bounds
		return nil
	})
}

// Exponential makes base-2 exponential histograms (at most 160 buckets, scale
// 20 or less) of the named histograms, or of all if none is named. They have a
// relative error below a few percent without any choice of boundaries.
// Prometheus takes them as native histograms, and only if it scrapes in the
// protobuf format; a text scrape shows their sum and count alone.
func Exponential(metrics ...string) Choice {
	metrics = slices.Clone(metrics)
	return choiceFunc(func(c *config) error {
		return eachNamed("Exponential", metrics, semconv.KindHistogram, func(m semconv.Metric) error {
			c.exponential[m.Name] = true
			return nil
		})
	})
}

// Keep leaves the metric no attributes but those named; without a key it has
// none at all, one series. Several calls for a metric keep all the keys they
// name, less those that [Drop] or [MergeServices] takes.
//
// Keep cannot take an attribute from a gauge: see [Drop].
func Keep(metric string, keys ...attribute.Key) Choice {
	keys = slices.Clone(keys)
	return choiceFunc(func(c *config) error {
		m, err := lookupKeys("Keep", metric, keys)
		if err != nil {
			return err
		}
		if isGauge(m) {
			for _, a := range m.Attributes {
				if !slices.Contains(keys, a.Key) {
					return errGauge("Keep", metric)
				}
			}
		}
		if c.kept[metric] == nil {
			c.kept[metric] = map[attribute.Key]bool{}
		}
		for _, k := range keys {
			c.kept[metric][k] = true
		}
		return nil
	})
}

// Drop takes the attributes from the metric: series that differ in nothing else
// become one, with their sum. This merges; it does not hide: values still
// travel on exemplars if [Exemplars] is chosen.
//
// It is an error for a gauge, whose merged series would overwrite one another.
// [DropMetric] leaves the whole gauge out.
func Drop(metric string, keys ...attribute.Key) Choice {
	keys = slices.Clone(keys)
	return choiceFunc(func(c *config) error {
		m, err := lookupKeys("Drop", metric, keys)
		if err != nil {
			return err
		}
		if isGauge(m) && len(keys) > 0 {
			return errGauge("Drop", metric)
		}
		c.drop(metric, keys...)
		return nil
	})
}

// DropMetric leaves the metrics out. Their instruments record nothing and cost
// nothing.
func DropMetric(names ...string) Choice {
	names = slices.Clone(names)
	return choiceFunc(func(c *config) error {
		if len(names) == 0 {
			return fmt.Errorf("views: DropMetric: no metric named")
		}
		return eachNamed("DropMetric", names, anyKind, func(m semconv.Metric) error {
			c.left[m.Name] = true
			return nil
		})
	})
}

// MergeServices drops auth.service.name from the metrics, so that all services
// of the process share their series. With no name it does so for every metric
// but the gauges, whose values cannot be added up; to name a gauge, or a metric
// without the attribute, is an error.
func MergeServices(metrics ...string) Choice {
	metrics = slices.Clone(metrics)
	return choiceFunc(func(c *config) error {
		return eachNamed("MergeServices", metrics, anyKind, func(m semconv.Metric) error {
			named := len(metrics) > 0
			switch {
			case !has(m, semconv.ServiceNameKey):
				if named {
					return errNoAttribute("MergeServices", m.Name, semconv.ServiceNameKey)
				}
			case isGauge(m):
				if named {
					return errGauge("MergeServices", m.Name)
				}
			default:
				c.drop(m.Name, semconv.ServiceNameKey)
			}
			return nil
		})
	})
}

// Limit sets how many series an instrument may have for each reader, at least
// 1; the default is [DefaultLimit]. It holds for every instrument of the
// provider. The last of the series is the one marked otel.metric.overflow, which
// takes what no longer fits, so that totals stay right.
func Limit(n int) Choice {
	return choiceFunc(func(c *config) error {
		if n < 1 {
			return fmt.Errorf("views: Limit(%d): at least 1", n)
		}
		c.limit = n
		return nil
	})
}

// Exemplars turns exemplars on for measurements made inside a sampled span. Those
// of the registry's metrics carry the ids of trace and span and nothing else: what
// a choice dropped does not leave on them. They cost memory for each series; the
// default is off.
func Exemplars() Choice {
	return choiceFunc(func(c *config) error {
		c.exemplars = true
		return nil
	})
}

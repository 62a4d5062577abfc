// SPDX-License-Identifier: Apache-2.0

package views

import "go.opentelemetry.io/otel/attribute"

// config is what the choices add up to.
type config struct {
	buckets     map[string][]float64
	exponential map[string]bool
	kept        map[string]map[attribute.Key]bool
	dropped     map[string]map[attribute.Key]bool
	left        map[string]bool // metrics left out
	limit       int
	exemplars   bool
}

func newConfig() config {
	return config{
		buckets:     map[string][]float64{},
		exponential: map[string]bool{},
		kept:        map[string]map[attribute.Key]bool{},
		dropped:     map[string]map[attribute.Key]bool{},
		left:        map[string]bool{},
		limit:       DefaultLimit,
	}
}

func (c *config) drop(metric string, keys ...attribute.Key) {
	if c.dropped[metric] == nil {
		c.dropped[metric] = map[attribute.Key]bool{}
	}
	for _, k := range keys {
		c.dropped[metric][k] = true
	}
}

// passes tells whether the metric keeps the attribute.
func (c *config) passes(metric string, key attribute.Key) bool {
	if kept, ok := c.kept[metric]; ok && !kept[key] {
		return false
	}
	return !c.dropped[metric][key]
}

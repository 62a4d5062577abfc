// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"math"

	"github.com/prometheus/prometheus/promql"
)

// These say what a query's result has to be, for prometheus.await.

// each wants at least one sample, and good to be true for all of them.
func each(what string, good func(float64) bool) func(promql.Vector) error {
	return func(v promql.Vector) error {
		if len(v) == 0 {
			return fmt.Errorf("no sample")
		}
		for _, s := range v {
			if s.H != nil || !good(s.F) {
				return fmt.Errorf("%v is not %s", s, what)
			}
		}
		return nil
	}
}

// positive also refuses NaN and infinity, which is what a quantile over an empty or a broken histogram gives.
func positive(v promql.Vector) error {
	return each("positive and finite", func(f float64) bool { return f > 0 && !math.IsInf(f, 0) })(v)
}

// present is for gauges of which zero is a fair value.
func present(v promql.Vector) error {
	return each("finite", func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) })(v)
}

func equals(want float64) func(promql.Vector) error {
	return each(fmt.Sprint("equal to ", want), func(f float64) bool { return f == want })
}

// labelled wants a positive sample for each of the values of a label.
func labelled(label string, values ...string) func(promql.Vector) error {
	return func(v promql.Vector) error {
		for _, value := range values {
			var own promql.Vector
			for _, s := range v {
				if s.Metric.Get(label) == value {
					own = append(own, s)
				}
			}
			if err := positive(own); err != nil {
				return fmt.Errorf("%s=%q: %w", label, value, err)
			}
		}
		return nil
	}
}

// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// An instrumentConfig is what the options of an observable instrument add up to.
type instrumentConfig[C any] interface {
	Description() string
	Unit() string
	Callbacks() []C
}

// int64Callbacks returns the options with every callback guarded.
func int64Callbacks[O any](g *guard, opts []O, c instrumentConfig[metric.Int64Callback]) []O {
	kept := observableOptions(opts, c)
	for _, f := range c.Callbacks() {
		kept = append(kept, any(metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			return g.call(func() error { return f(ctx, o) })
		})).(O))
	}
	return kept
}

// float64Callbacks is int64Callbacks for the other type of number.
func float64Callbacks[O any](g *guard, opts []O, c instrumentConfig[metric.Float64Callback]) []O {
	kept := observableOptions(opts, c)
	for _, f := range c.Callbacks() {
		kept = append(kept, any(metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
			return g.call(func() error { return f(ctx, o) })
		})).(O))
	}
	return kept
}

// observableOptions returns the options without the callbacks. An option can be
// asked for nothing but its effect, so all of them are made anew from that, save
// the experimental ones, which have none here and are the SDK's business.
func observableOptions[O, C any](opts []O, c instrumentConfig[C]) []O {
	kept := []O{any(metric.WithDescription(c.Description())).(O), any(metric.WithUnit(c.Unit())).(O)}
	for _, o := range opts {
		if _, ok := any(o).(interface{ Experimental() }); ok {
			kept = append(kept, o)
		}
	}
	return kept
}

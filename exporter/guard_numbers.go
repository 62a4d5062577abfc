// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"math"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

// finite reports whether v may be recorded: after one that is not a number, or
// infinite, a sum is that for good.
func (g *guard) finite(ctx context.Context, v float64) bool {
	switch {
	case math.IsNaN(v):
		g.refuse(ctx, semconv.SDKRejectionNotANumber)
	case math.IsInf(v, 0):
		g.refuse(ctx, semconv.SDKRejectionInfinite)
	default:
		return true
	}
	return false
}

// grows reports whether a counter may be given v: one that falls looks like a
// restart to whoever computes a rate.
func grows[N int64 | float64](ctx context.Context, g *guard, v N) bool {
	if v < 0 {
		g.refuse(ctx, semconv.SDKRejectionNegative)
		return false
	}
	return true
}

type int64Counter struct {
	metric.Int64Counter
	guard *guard
}

// Exemplars reports whether somebody makes exemplars of the events. Where nobody
// does, package instrument need not look for a span at each.
func (c int64Counter) Exemplars() bool { return c.guard.exemplars }

func (c int64Counter) Add(ctx context.Context, v int64, opts ...metric.AddOption) {
	if grows(ctx, c.guard, v) {
		c.Int64Counter.Add(ctx, v, opts...)
	}
}

type float64Counter struct {
	metric.Float64Counter
	guard *guard
}

func (c float64Counter) Add(ctx context.Context, v float64, opts ...metric.AddOption) {
	if c.guard.finite(ctx, v) && grows(ctx, c.guard, v) {
		c.Float64Counter.Add(ctx, v, opts...)
	}
}

type float64UpDownCounter struct {
	metric.Float64UpDownCounter
	guard *guard
}

func (c float64UpDownCounter) Add(ctx context.Context, v float64, opts ...metric.AddOption) {
	if c.guard.finite(ctx, v) {
		c.Float64UpDownCounter.Add(ctx, v, opts...)
	}
}

type float64Histogram struct {
	metric.Float64Histogram
	guard *guard
}

func (h float64Histogram) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if h.guard.finite(ctx, v) {
		h.Float64Histogram.Record(ctx, v, opts...)
	}
}

type float64Gauge struct {
	metric.Float64Gauge
	guard *guard
}

func (g float64Gauge) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if g.guard.finite(ctx, v) {
		g.Float64Gauge.Record(ctx, v, opts...)
	}
}

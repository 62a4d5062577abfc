// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// This file and drain.go are where an attribute set meets an instrument. What
// they return records without building attributes and without allocating: the
// option slice is made once and reused, as the metric API advises for
// performance-sensitive code. A faster way to bind changes these files alone.

// measurer of T is what a histogram and a gauge have in common.
type measurer[T int64 | float64] interface {
	Record(ctx context.Context, value T, options ...metric.RecordOption)
}

// bind binds a counter.
func (r *Recorder) bind(inst adder, attrs ...attribute.KeyValue) *cell {
	return r.drain.bind(inst, r.set(attrs...))
}

// series is a histogram or a gauge bound to one attribute set.
type series[T int64 | float64] struct {
	inst measurer[T]
	opts []metric.RecordOption
}

// bindSeries lets the instrument bind where it can. The interface is that of the
// metric API's experimental part, by its methods alone: the module is not needed
// to record.
func bindSeries[T int64 | float64](r *Recorder, inst measurer[T], attrs ...attribute.KeyValue) series[T] {
	set := r.set(attrs...)
	var bound any
	switch b := inst.(type) {
	case interface {
		Bind(...attribute.KeyValue) metric.Float64Histogram
	}:
		bound = b.Bind(set.ToSlice()...)
	case interface {
		Bind(...attribute.KeyValue) metric.Float64Gauge
	}:
		bound = b.Bind(set.ToSlice()...)
	case interface {
		Bind(...attribute.KeyValue) metric.Int64Gauge
	}:
		bound = b.Bind(set.ToSlice()...)
	}
	if m, ok := bound.(measurer[T]); ok {
		return series[T]{inst: m}
	}
	return series[T]{inst, []metric.RecordOption{metric.WithAttributeSet(set)}}
}

func (s *series[T]) record(ctx context.Context, v T) { s.inst.Record(ctx, v, s.opts...) }

// seconds is d.Seconds() without its two divisions of integers, which cost more
// than the rest of a bound histogram. Up to 104 days it is the nearest number,
// so that a duration equal to a bucket's boundary is in that bucket.
func seconds(d time.Duration) float64 { return float64(d) / 1e9 }

// adder is what Int64Counter and Int64UpDownCounter have in common.
type adder interface {
	Add(ctx context.Context, incr int64, options ...metric.AddOption)
}

// with returns attrs and more in a slice of its own.
func with(attrs []attribute.KeyValue, more ...attribute.KeyValue) []attribute.KeyValue {
	return append(append(make([]attribute.KeyValue, 0, len(attrs)+len(more)), attrs...), more...)
}

// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
)

// reportEvery is how often a callback that fails is reported.
const reportEvery = time.Minute

// guard stands between the libraries of a process and the one pipeline that they
// share. A callback that panics would end the process or the export, one that
// returns an error would cost a push, and a single measurement that is not a
// number would spoil a sum for good. Here each of these costs what it is itself
// and is counted.
type guard struct {
	exemplars bool // are made of events inside a sampled span
	refused   [semconv.NumSDKRejection]prepared
	failures  prepared
	reported  atomic.Int64 // when a failure was, in Unix nanoseconds
}

// prepared is a counter and the set of attributes that it is added to with.
type prepared struct {
	metric.Int64Counter
	opts []metric.AddOption
}

func (p prepared) inc(ctx context.Context) { p.Add(ctx, 1, p.opts...) }

// newGuard makes the guard's own counters on the SDK's meter.
func newGuard(m metric.Meter) (*guard, error) {
	refused, err := authconv.NewSDKPipelineRejectedMeasurements(m)
	failures, ferr := authconv.NewSDKPipelineCallbackFailures(m)
	g := &guard{failures: prepared{failures.Inst(), nil}}
	for r := range g.refused {
		g.refused[r] = prepared{refused.Inst(), []metric.AddOption{metric.WithAttributes(semconv.SDKRejection(r).Attr())}}
	}
	// Shown at zero, so that a rate sees the first.
	g.failures.Add(context.Background(), 0)
	for _, r := range []semconv.SDKRejection{semconv.SDKRejectionNotANumber, semconv.SDKRejectionInfinite, semconv.SDKRejectionNegative} {
		g.refused[r].Add(context.Background(), 0, g.refused[r].opts...)
	}
	return g, errors.Join(err, ferr)
}

func (g *guard) refuse(ctx context.Context, why semconv.SDKRejection) { g.refused[why].inc(ctx) }

// call runs a callback and keeps what goes wrong from the collection.
func (g *guard) call(f func() error) error {
	defer func() {
		if p := recover(); p != nil {
			g.failed(fmt.Errorf("exporter: a callback of an observable instrument panicked with a %T; the other metrics are exported", p))
		}
	}()
	if err := f(); err != nil {
		g.failed(fmt.Errorf("exporter: a callback of an observable instrument failed with a %T; the other metrics are exported", err))
	}
	return nil
}

// failed counts a failure and reports it, though not each and never its text,
// which may hold anything.
func (g *guard) failed(err error) {
	g.failures.inc(context.Background())
	now, last := time.Now().UnixNano(), g.reported.Load()
	if (last == 0 || now-last >= int64(reportEvery)) && g.reported.CompareAndSwap(last, now) {
		otel.Handle(err)
	}
}

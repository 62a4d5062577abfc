// SPDX-License-Identifier: Apache-2.0

package instrument_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
)

// One event is one login: a count with four attributes and a duration with
// three. The peers write the same instruments on the same provider.

func provider() (*sdkmetric.MeterProvider, *sdkmetric.ManualReader) {
	reader := sdkmetric.NewManualReader()
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), reader
}

// newRecorder returns a recorder that has been collected once, as any that
// runs for longer than an interval.
func newRecorder(b *testing.B, opts ...instrument.Option) *instrument.Recorder {
	b.Helper()
	mp, reader := provider()
	rec, err := instrument.New(append(opts, instrument.WithMeterProvider(mp), instrument.WithServices("api"))...)
	if err != nil {
		b.Fatal(err)
	}
	if err := reader.Collect(context.Background(), &metricdata.ResourceMetrics{}); err != nil {
		b.Fatal(err)
	}
	return rec
}

// nobody is an observer that does nothing: what is left is the recorder's part.
type nobody struct{}

func (nobody) Observe(context.Context, instrument.Event) {}

func BenchmarkEvent(b *testing.B) {
	ctx := context.Background()
	const d = 30 * time.Millisecond

	b.Run("bound", func(b *testing.B) {
		rec := newRecorder(b)
		h := rec.Service("api").Authentication(semconv.MethodPassword)
		b.ReportAllocs()
		for b.Loop() {
			h.Record(ctx, d, instrument.Failure(semconv.ReasonInvalidCredentials))
		}
	})
	b.Run("observed", func(b *testing.B) {
		rec := newRecorder(b, instrument.WithObserver(nobody{}))
		h := rec.Service("api").Authentication(semconv.MethodPassword)
		ctx := instrument.WithCaller(ctx, instrument.Caller{Subject: "alice"})
		b.ReportAllocs()
		for b.Loop() {
			h.Record(ctx, d, instrument.Failure(semconv.ReasonInvalidCredentials))
		}
	})
	b.Run("timed", func(b *testing.B) {
		rec := newRecorder(b)
		h := rec.Service("api").Authentication(semconv.MethodPassword)
		b.ReportAllocs()
		for b.Loop() {
			h.Start().End(ctx, instrument.Failure(semconv.ReasonInvalidCredentials))
		}
	})
	b.Run("byname", func(b *testing.B) {
		rec := newRecorder(b)
		b.ReportAllocs()
		for b.Loop() {
			rec.Service("api").Authentication(semconv.MethodPassword).
				Record(ctx, d, instrument.Failure(semconv.ReasonInvalidCredentials))
		}
	})
	b.Run("attributes-at-the-call", func(b *testing.B) {
		mp, _ := provider()
		m := mp.Meter("peer")
		attempts, err := authconv.NewAuthenticationAttempts(m)
		if err != nil {
			b.Fatal(err)
		}
		durations, err := authconv.NewAuthenticationDuration(m)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			attempts.Inst().Add(ctx, 1, metric.WithAttributes(
				attribute.String("auth.service.name", "api"),
				attribute.String("auth.method", "password"),
				attribute.String("auth.result", "failure"),
				attribute.String("auth.failure.reason", "invalid_credentials")))
			durations.Inst().Record(ctx, d.Seconds(), metric.WithAttributes(
				attribute.String("auth.service.name", "api"),
				attribute.String("auth.method", "password"),
				attribute.String("auth.result", "failure")))
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package authrate_test

import (
	"context"
	"testing"
	"time"

	"golang.org/x/time/rate"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authrate"
)

// newHandle is a handle as it is in a service that has run for longer than an
// interval.
func newHandle(tb testing.TB) *instrument.RateLimit {
	tb.Helper()
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithServices("api"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		tb.Fatal(err)
	}
	h := rec.Service("api").RateLimit("burst")
	if err := reader.Collect(context.Background(), &metricdata.ResourceMetrics{}); err != nil {
		tb.Fatal(err)
	}
	return h
}

// TestAllocations holds that a check costs no allocation, however it comes out.
func TestAllocations(t *testing.T) {
	for name, bucket := range map[string]*rate.Limiter{
		"allowed": rate.NewLimiter(rate.Inf, 1),
		"limited": rate.NewLimiter(0, 0),
	} {
		l := authrate.New(bucket, newHandle(t))
		if n := testing.AllocsPerRun(1000, func() { l.Allow() }); n != 0 {
			t.Errorf("%s: AllowN allocates %v times", name, n)
		}
	}
	l := authrate.New(rate.NewLimiter(rate.Inf, 1), newHandle(t))
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { _ = l.Wait(ctx) }); n != 0 {
		t.Errorf("WaitN allocates %v times", n)
	}
}

func BenchmarkAllow(b *testing.B) {
	for name, refill := range map[string]rate.Limit{"allowed": 1e12, "limited": 0} {
		bucket := func() *rate.Limiter { return rate.NewLimiter(refill, int(min(refill, 1e6))) }
		for way, l := range map[string]limiter{
			"bare":     bucket(),
			"recorded": authrate.New(bucket(), newHandle(b)),
			"nil":      authrate.New(bucket(), nil),
		} {
			b.Run(name+"/"+way, func(b *testing.B) {
				b.ReportAllocs()
				now := time.Now()
				for b.Loop() {
					l.AllowN(now, 1)
				}
			})
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// users is a MeterProvider that the user has made, and what collects from it
// once: events count in full only after the first collection.
func users(opts ...sdkmetric.Option) (metric.MeterProvider, func()) {
	reader := sdkmetric.NewManualReader()
	return sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...), func() {
		must(0, reader.Collect(context.Background(), &metricdata.ResourceMetrics{}))
	}
}

// pipeline is that of package exporter, for Prometheus, and what scrapes it.
func pipeline(tb testing.TB, choices ...views.Choice) (metric.MeterProvider, func()) {
	mp, h := pipelineHandler(tb, choices...)
	return mp, func() { scrape(tb, h) }
}

func pipelineHandler(tb testing.TB, choices ...views.Choice) (metric.MeterProvider, http.Handler) {
	p := must(prom.New(prom.WithoutServer()))
	pipe := must(exporter.Start(context.Background(), exporter.WithExporter("prometheus", p), exporter.WithViews(choices...)))
	tb.Cleanup(func() { _ = pipe.Shutdown(context.Background()) })
	return pipe.MeterProvider(), p.Handler()
}

func scrape(tb testing.TB, h http.Handler) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		tb.Fatalf("scrape: %d", w.Code)
	}
	return w.Body.Len()
}

// recorder returns a Recorder that is older than one collection.
func recorder(mp metric.MeterProvider, collect func()) *instrument.Recorder {
	rec := must(instrument.New(instrument.WithMeterProvider(mp), instrument.WithServices(services[:]...)))
	for _, s := range services {
		rec.Service(s).Authentication(semconv.MethodPassword)
	}
	collect()
	return rec
}

var (
	errWrong  = instrument.Failure(semconv.ReasonInvalidCredentials)
	durations [64]time.Duration
)

func init() {
	for i := range durations {
		durations[i] = time.Duration(seconds[i] * 1e9)
	}
}

func handles(rec *instrument.Recorder) (h [2]*instrument.Attempts) {
	for i, s := range services {
		h[i] = rec.Service(s).Authentication(semconv.MethodPassword)
	}
	return h
}

func ownBound(rec *instrument.Recorder) event {
	h, ctx := handles(rec), context.Background()
	return func(service, n int) { h[service].Record(ctx, durations[n&63], errWrong) }
}

func ownTimed(tb testing.TB) event {
	h, ctx := handles(recorder(pipeline(tb))), context.Background()
	return func(service, _ int) { h[service].Start().End(ctx, errWrong) }
}

func ownByString(tb testing.TB) event {
	rec, ctx := recorder(pipeline(tb)), context.Background()
	return func(service, n int) {
		rec.Service(services[service]).Authentication(semconv.MethodPassword).Record(ctx, durations[n&63], errWrong)
	}
}

func usersProvider(testing.TB) event { return ownBound(recorder(users())) }

func usersWithViews(testing.TB) event {
	return ownBound(recorder(users(must(views.Default(dropMethod...))...)))
}

// dropMethod makes the SDK filter every event.
var dropMethod = []views.Choice{
	views.Drop("auth.authentication.attempts", semconv.MethodKey),
	views.Drop("auth.authentication.duration", semconv.MethodKey),
}

func ownPipeline(tb testing.TB) event  { return ownBound(recorder(pipeline(tb))) }
func ownWithViews(tb testing.TB) event { return ownBound(recorder(pipeline(tb, dropMethod...))) }
func ownAtTheCap(tb testing.TB) event  { return ownBound(recorder(pipeline(tb, views.Limit(2)))) }
func ownExemplars(tb testing.TB) event {
	return ownBound(recorder(pipeline(tb, views.Exemplars())))
}

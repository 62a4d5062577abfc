// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// discard is the cheapest writer there is, so that what is measured is the
// middleware.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header       { return d.header }
func (*discard) Write(p []byte) (int, error) { return len(p), nil }
func (*discard) WriteHeader(int)             {}

// checked refuses every request that bears no bearer token, as the handlers do
// that the middlewares are made for.
var checked = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if len(r.Header["Authorization"]) == 0 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusNoContent)
})

func ours(b *testing.B, mp metric.MeterProvider) http.Handler {
	b.Helper()
	rec, err := instrument.New(instrument.WithMeterProvider(mp), instrument.WithServices("api"))
	if err != nil {
		b.Fatal(err)
	}
	return authhttp.NewMiddleware(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))(checked)
}

// BenchmarkMiddleware compares the handler bare, with our middleware around it
// and with otelhttp's around it: its metrics alone, without spans, which would
// cost it more.
func BenchmarkMiddleware(b *testing.B) {
	for _, c := range []struct {
		name string
		wrap func(*testing.B, *sdkmetric.MeterProvider) http.Handler
	}{
		{"bare", func(*testing.B, *sdkmetric.MeterProvider) http.Handler { return checked }},
		{"authhttp", func(b *testing.B, mp *sdkmetric.MeterProvider) http.Handler { return ours(b, mp) }},
		{"authhttp_our_pipeline", func(b *testing.B, _ *sdkmetric.MeterProvider) http.Handler {
			scrape, err := prom.New(prom.WithoutServer())
			if err != nil {
				b.Fatal(err)
			}
			pipe, err := exporter.Start(b.Context(), exporter.WithExporter("prometheus", scrape))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = pipe.Shutdown(context.Background()) })
			h := ours(b, pipe.MeterProvider())
			scrape.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil))
			return h
		}},
		{"otelhttp", func(_ *testing.B, mp *sdkmetric.MeterProvider) http.Handler {
			return otelhttp.NewHandler(checked, "api",
				otelhttp.WithMeterProvider(mp), otelhttp.WithTracerProvider(tracenoop.NewTracerProvider()))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			reader := sdkmetric.NewManualReader()
			opts, err := views.Default()
			if err != nil {
				b.Fatal(err)
			}
			mp := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
			h := c.wrap(b, mp)
			// Collected once, as in any process older than an export interval.
			if err := reader.Collect(context.Background(), &metricdata.ResourceMetrics{}); err != nil {
				b.Fatal(err)
			}
			w, r := &discard{header: http.Header{}}, httptest.NewRequest(http.MethodGet, "/orders", nil)
			r.Header.Set("Authorization", "Bearer a.b.c")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

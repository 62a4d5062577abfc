// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// scrapeEndpoint is something to scrape, ours or that of plain OpenTelemetry.
type scrapeEndpoint struct {
	name     string
	address  string
	url      string
	provider *sdkmetric.MeterProvider
}

const (
	nameOurs  = "ours"
	namePlain = "plain OpenTelemetry"
)

// ourEndpoint is an exporter with the options of a program that gives none.
func ourEndpoint(t *testing.T, opts ...prom.Option) scrapeEndpoint {
	t.Helper()
	exp, err := prom.New(append([]prom.Option{prom.WithAddress("127.0.0.1:0")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	p := newProviderOf(t, exp.Reader())
	return scrapeEndpoint{nameOurs, exp.Addr().String(), "http://" + exp.Addr().String() + "/metrics", p}
}

// leavesNothing fails the test if something of an endpoint still runs when all
// else is cleaned up.
func leavesNothing(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if !Within(scrapePatience, func() bool { return Serving() == 0 && Running("otelauth/exporter/prom.") == 0 }) {
			t.Errorf("left running: %d connections, %d goroutines of the exporter", Serving(), Running("otelauth/exporter/prom."))
		}
	})
}

// plainEndpoint is OpenTelemetry's exporter and client_golang's handler, with their
// defaults, on net/http's server with its defaults.
func plainEndpoint(t *testing.T) scrapeEndpoint {
	t.Helper()
	registry := prometheus.NewRegistry()
	exp, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	p := newProviderOf(t, exp)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.InstrumentMetricHandler(registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return scrapeEndpoint{namePlain, l.Addr().String(), "http://" + l.Addr().String() + "/metrics", p}
}

func newProviderOf(t *testing.T, r sdkmetric.Reader) *sdkmetric.MeterProvider {
	t.Helper()
	p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r), sdkmetric.WithCardinalityLimit(0))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
		defer cancel()
		_ = p.Shutdown(ctx)
	})
	return p
}

// onEndpoints runs the case on ours and, in the long version, on plain OpenTelemetry,
// where it asserts nothing: it logs what it sees.
func onEndpoints(t *testing.T, run func(*testing.T, scrapeEndpoint)) {
	t.Helper()
	t.Run(nameOurs, func(t *testing.T) {
		leavesNothing(t)
		run(t, ourEndpoint(t))
	})
	if Long() {
		t.Run(namePlain, func(t *testing.T) { run(t, plainEndpoint(t)) })
	}
}

// mine tells whether a case may fail on the endpoint.
func (e scrapeEndpoint) mine() bool { return e.name == nameOurs }

// count makes so many series, each about as large as a real one.
func (e scrapeEndpoint) count(t *testing.T, series int) {
	t.Helper()
	e.countPadded(t, series, 64)
}

// countPadded makes them as large as is said.
func (e scrapeEndpoint) countPadded(t *testing.T, series, pad int) {
	t.Helper()
	const each = 4_000
	for made := 0; made < series; made += each {
		c, err := e.provider.Meter("example.com/shop").Int64Counter("shop.events." + strconv.Itoa(made/each))
		if err != nil {
			t.Fatal(err)
		}
		for i := range min(each, series-made) {
			c.Add(t.Context(), 1, metric.WithAttributes(
				attribute.String("service", "service-"+strconv.Itoa(i)), attribute.String("pad", strings.Repeat("p", pad))))
		}
	}
}

// onCollect calls f in every collection.
func (e scrapeEndpoint) onCollect(t *testing.T, f func() error) (collections *atomic.Int64) {
	t.Helper()
	collections = new(atomic.Int64)
	_, err := e.provider.Meter("example.com/shop").Int64ObservableGauge("shop.collections", metric.WithInt64Callback(
		func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(collections.Add(1))
			return f()
		}))
	if err != nil {
		t.Fatal(err)
	}
	return collections
}

func mebibytes(bytes int64) string {
	return strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64) + " MiB"
}

func rounded(d time.Duration) string { return d.Round(time.Millisecond).String() }

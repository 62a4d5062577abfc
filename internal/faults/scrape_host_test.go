// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// quiet keeps the reports of a test out of its output, and counts them.
func quiet(t *testing.T) (reports func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	old := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(old) })
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), all...)
	}
}

// pipeline is one of ours, with a recorder that counted so many logins.
func pipeline(t *testing.T, logins int) (url string, p *exporter.Pipeline) {
	t.Helper()
	p, err := exporter.Start(t.Context(), exporter.WithPrometheus(prom.WithAddress("127.0.0.1:0")), exporter.WithServiceName("shop"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	rec, err := instrument.New(instrument.WithMeterProvider(p.MeterProvider()), instrument.WithServices("api"))
	if err != nil {
		t.Fatal(err)
	}
	h := rec.Service("api").Authentication(semconv.MethodPassword)
	for range logins {
		h.Count(t.Context(), nil)
	}
	return strings.TrimPrefix(p.String(), "prometheus "), p
}

const ourName = "auth_authentication_attempts_total"

// wantLine scrapes and looks for the line.
func wantLine(t *testing.T, what, url, start, end string) {
	t.Helper()
	s := Scrape(t, url)
	if s.Status != http.StatusOK {
		t.Errorf("%s: got %d: %s", what, s.Status, s.Body)
		return
	}
	for line := range strings.Lines(s.Body) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, start) && strings.HasSuffix(line, end) {
			return
		}
	}
	t.Errorf("%s: no line %s…%s in\n%s", what, start, end, s.Body)
}

// hostApp is a program that has what ours has already: a registry with a counter
// of our name, and a MeterProvider of its own that makes it once more.
func hostApp(t *testing.T) (url string, registry *prometheus.Registry) {
	t.Helper()
	registry = prometheus.NewRegistry()
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: ourName, Help: "The host's own."})
	registry.MustRegister(own)
	own.Add(41)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(server.Close)
	return server.URL, registry
}

// A program with a registry, a MeterProvider and our very names goes on as it
// was, and ours are right beside it.
func TestScrapeHostWithOurNames(t *testing.T) {
	url, registry := hostApp(t)
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer func() { _ = provider.Shutdown(context.Background()) }()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(provider)
	defer otel.SetMeterProvider(before)
	own, err := otel.Meter("example.com/host").Int64Counter("auth.authentication.attempts")
	if err != nil {
		t.Fatal(err)
	}
	own.Add(t.Context(), 17)

	ours, p := pipeline(t, 3)
	wantLine(t, "the host's", url, ourName+" 41", "")
	wantLine(t, "ours", ours, ourName+"{", " 3")
	wantLine(t, "the host's again", url, ourName+" 41", "")
	if families, err := registry.Gather(); err != nil || len(families) != 1 {
		t.Errorf("the host's registry: %d families, %v; want its own one", len(families), err)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	if len(rm.ScopeMetrics) != 1 || len(rm.ScopeMetrics[0].Metrics) != 1 {
		t.Fatalf("the host's MeterProvider has more than its own: %+v", rm.ScopeMetrics)
	}
	if sum, ok := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]); !ok || sum.DataPoints[0].Value != 17 {
		t.Errorf("the host's MeterProvider: got %+v, want 17", sum)
	}
	if otel.GetMeterProvider() != provider {
		t.Error("the global MeterProvider was replaced")
	}
	if families, err := prometheus.DefaultGatherer.Gather(); err != nil {
		t.Error(err)
	} else {
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "auth_") || f.GetName() == "target_info" {
				t.Errorf("%s is in the default registry", f.GetName())
			}
		}
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	wantLine(t, "the host's after ours went", url, ourName+" 41", "")
}

// The same, without us: OpenTelemetry's exporter on the host's registry.
func TestScrapeHostPlain(t *testing.T) {
	if !Long() {
		t.Skip("for comparison, in the long version")
	}
	reports := quiet(t)
	url, registry := hostApp(t)
	exp, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp))
	defer func() { _ = provider.Shutdown(context.Background()) }()
	c, err := provider.Meter("example.com/shop").Int64Counter("auth.authentication.attempts")
	if err != nil {
		t.Fatal(err)
	}
	c.Add(t.Context(), 3)
	t.Logf("one registry with our name in it: the host's scrape gets %d", Scrape(t, url).Status)

	registry = prometheus.NewRegistry()
	for range 2 {
		exp, err := otelprom.New(otelprom.WithRegisterer(registry))
		if err != nil {
			t.Logf("a second exporter on one registry: %v", err)
			break
		}
		p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp))
		defer func() { _ = p.Shutdown(context.Background()) }()
		c, err := p.Meter("example.com/shop").Int64Counter("auth.authentication.attempts")
		if err != nil {
			t.Fatal(err)
		}
		c.Add(t.Context(), 3)
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	t.Logf("two exporters on one registry: %d, %d reports", Scrape(t, server.URL).Status, len(reports()))
}

// Two pipelines in one process know nothing of each other.
func TestScrapeTwoPipelines(t *testing.T) {
	first, p := pipeline(t, 3)
	second, _ := pipeline(t, 5)
	wantLine(t, "first", first, ourName+"{", " 3")
	wantLine(t, "second", second, ourName+"{", " 5")
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantLine(t, "second alone", second, ourName+"{", " 5")
	third, _ := pipeline(t, 7)
	wantLine(t, "third", third, ourName+"{", " 7")
	wantLine(t, "second beside the third", second, ourName+"{", " 5")
}

// Two exporters that read one provider both show all of it.
func TestScrapeTwoExporters(t *testing.T) {
	var readers []sdkmetric.Option
	var urls []string
	for range 2 {
		exp, err := prom.New(prom.WithAddress("127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		readers, urls = append(readers, sdkmetric.WithReader(exp.Reader())), append(urls, "http://"+exp.Addr().String()+"/metrics")
	}
	p := sdkmetric.NewMeterProvider(readers...)
	defer func() { _ = p.Shutdown(context.Background()) }()
	c, err := p.Meter("example.com/shop").Int64Counter("shop.events")
	if err != nil {
		t.Fatal(err)
	}
	c.Add(t.Context(), 9)
	for i, url := range urls {
		wantLine(t, fmt.Sprint(i), url, "shop_events_total 9", "")
	}
}

// What a library records that does not sanitise costs its own metric alone.
func TestScrapeBadSeries(t *testing.T) {
	reports := quiet(t)
	for _, c := range []struct {
		name string
		make func(*testing.T, scrapeEndpoint)
	}{
		{"invalid UTF-8", func(t *testing.T, e scrapeEndpoint) {
			e.add(t, "example.com/a", attribute.String("v", "canary\xff"))
		}},
		{"one series of two scopes", func(t *testing.T, e scrapeEndpoint) {
			e.add(t, "example.com/a", attribute.String("v", "x"))
			e.add(t, "example.com/b", attribute.String("v", "x"))
		}},
		{"two attributes, one label", func(t *testing.T, e scrapeEndpoint) {
			e.add(t, "example.com/a", attribute.String("a.b", "x"), attribute.String("a_b", "y"))
		}},
		{"a value of 5 MiB", func(t *testing.T, e scrapeEndpoint) {
			e.add(t, "example.com/a", attribute.String("v", strings.Repeat("x", 5<<20)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
				e.count(t, 1)
				c.make(t, e)
				s := Scrape(t, e.url+"?name[]=shop_events_0_total")
				good := strings.Contains(s.Body, "shop_events_0_total{")
				whole := Scrape(t, e.url)
				t.Logf("%s: %d, the good series is there: %v; as a whole: %d", c.name, s.Status, good, whole.Status)
				if e.mine() && (s.Status != http.StatusOK || !good || whole.Status != http.StatusOK || whole.Err != nil) {
					t.Errorf("got %d and %d, %v: %.300s", s.Status, whole.Status, whole.Err, s.Body)
				}
			})
		})
	}
	for _, r := range reports() {
		if Long() {
			break // plain OpenTelemetry's are among them
		}
		if strings.Contains(r, "canary") {
			t.Errorf("the value is in the report %q", r)
		}
	}
}

// add counts one at shop.bad of a scope.
func (e scrapeEndpoint) add(t *testing.T, scope string, attrs ...attribute.KeyValue) {
	t.Helper()
	c, err := e.provider.Meter(scope).Int64Counter("shop.bad")
	if err != nil {
		t.Fatal(err)
	}
	c.Add(t.Context(), 1, metric.WithAttributes(attrs...))
}

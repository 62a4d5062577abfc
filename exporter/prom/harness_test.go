// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/datapunk/otelauth/views"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// withLimits changes the bounds that have no option.
func withLimits(change func(*limits)) Option {
	return optionFunc(func(c config) config {
		change(&c.limits)
		return c
	})
}

// newExporter listens on any free port unless opts say otherwise.
func newExporter(t *testing.T, opts ...Option) *Exporter {
	t.Helper()
	e, err := New(append([]Option{WithAddress("127.0.0.1:0")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *Exporter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// newProvider reads into e, with the default views and a resource that is the
// same everywhere.
func newProvider(t *testing.T, e *Exporter, choices ...views.Choice) *sdkmetric.MeterProvider {
	t.Helper()
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "")
	t.Setenv("OTEL_SERVICE_NAME", "")
	opts, err := views.Default(choices...)
	if err != nil {
		t.Fatal(err)
	}
	return sdkmetric.NewMeterProvider(append(opts,
		sdkmetric.WithReader(e.Reader()),
		sdkmetric.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "shop"),
			attribute.String("service.instance.id", "1"),
		)),
	)...)
}

type answer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, client *http.Client, req *http.Request) answer {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// get asks e's own server.
func get(t *testing.T, e *Exporter, path string) answer {
	t.Helper()
	return do(t, http.DefaultClient, request(t, http.MethodGet, "http://"+e.Addr().String()+path))
}

// eventually polls until ok, and fails the test if that takes too long.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// reports collects what an exporter reports.
type reports struct {
	mu   sync.Mutex
	list []string
}

func (r *reports) handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, err.Error())
}

func (r *reports) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.list...)
}

// answerOf asks a handler under a name.
func answerOf(h http.Handler, host string) (int, *http.Request) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Host = host
	h.ServeHTTP(w, r)
	return w.Code, r
}

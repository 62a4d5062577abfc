// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// nothing is the cheapest writer with the abilities of HTTP/1's.
type nothing struct {
	canF
	canH
	canR
	header http.Header
}

func (n *nothing) Header() http.Header       { return n.header }
func (*nothing) Write(p []byte) (int, error) { return len(p), nil }
func (*nothing) WriteHeader(int)             {}

var refused = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })

func middlewares(g *rig) map[string]http.Handler {
	return map[string]http.Handler{
		"bare":       refused,
		"attempts":   authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(refused),
		"service":    authhttp.NewServiceMiddleware(g.svc)(refused),
		"authorize":  authhttp.NewMiddleware(g.svc.Authorization(semconv.EnforcementEnforced))(refused),
		"rate_limit": authhttp.NewMiddleware(g.svc.RateLimit("minute"))(refused),
		"fail": authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				instrument.Fail(r.Context(), semconv.ReasonExpired)
				w.WriteHeader(http.StatusUnauthorized)
			})),
	}
}

func request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer a.b.c")
	return r
}

func BenchmarkMiddleware(b *testing.B) {
	g := newRig(b)
	hs := middlewares(g)
	// Collected once, as any recorder that runs for longer than an interval.
	if err := g.reader.Collect(b.Context(), &metricdata.ResourceMetrics{}); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"bare", "attempts", "fail", "service", "authorize", "rate_limit"} {
		b.Run(name, func(b *testing.B) {
			w, r, h := &nothing{header: http.Header{}}, request(), hs[name]
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// TestAllocations holds the promise of at most two over the bare handler: the
// request with its context, and everything else.
func TestAllocations(t *testing.T) {
	g := newRig(t)
	for name, h := range middlewares(g) {
		w, r := &nothing{header: http.Header{}}, request()
		h.ServeHTTP(w, r) // binds the handle
		if n := testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) }); n > 2 {
			t.Errorf("%s: %v allocations, want 2 at most", name, n)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

func TestMiddlewareConcurrentSafe(t *testing.T) {
	const clients, each = 8, 20
	g := newRig(t)
	h := authhttp.NewServiceMiddleware(g.svc)(authhttp.NewMiddleware(g.svc.RateLimit("burst"))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { instrument.Fail(r.Context(), semconv.ReasonRateLimited) })
			}
			wg.Wait()
		})))
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				h.ServeHTTP(httptest.NewRecorder(), request())
			}
		})
	}
	wg.Wait()
	g.want(t, attempts, map[string]int64{"failure.reason=rate_limited method=opaque_token result=failure": clients * each})
	g.want(t, "auth.rate_limit.checks", map[string]int64{"rate_limit.outcome=limited rate_limit.type=burst": clients * each})
}

// Nothing that a client sends is found in what is exported.
func TestNoTextOfRequests(t *testing.T) {
	const secret = "s3cr3t"
	g := newRig(t)
	h := authhttp.NewServiceMiddleware(g.svc)(authhttp.NewMiddleware(g.svc.Authorization(semconv.EnforcementEnforced))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.URL.Path, http.StatusUnauthorized)
		})))
	for _, header := range []string{"Authorization", "X-Api-Key", "Cookie", "X-Forwarded-For", "Forwarded", "User-Agent", secret} {
		for _, value := range []string{secret, secret + " " + secret, "Bearer " + secret, "Basic " + secret} {
			r := httptest.NewRequest("M"+secret, "/"+secret+"?"+secret, strings.NewReader(secret))
			r.Host, r.RemoteAddr = secret, secret
			r.Header.Set(header, value)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	var rm metricdata.ResourceMetrics
	if err := g.reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	if len(g.points(t, attempts)) == 0 {
		t.Fatal("nothing was recorded")
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			for l := range g.points(t, m.Name) {
				if strings.Contains(strings.ToLower(l), secret) {
					t.Errorf("%s{%s}", m.Name, l)
				}
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// show prints what is not zero of a counter.
func show(reader sdkmetric.Reader, name string) {
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		fmt.Println(err)
	}
	lines := map[string]int64{}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		if m.Name != name || !ok {
			continue
		}
		for _, p := range sum.DataPoints {
			if p.Value > 0 {
				lines[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
			}
		}
	}
	for _, l := range slices.Sorted(maps.Keys(lines)) {
		fmt.Println(lines[l], l)
	}
}

func setUp() (*instrument.Service, sdkmetric.Reader) {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithServices("api"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
	}
	return rec.Service("api"), reader
}

// The handler answers as it always did; one call inside tells what the status
// cannot.
func ExampleNewMiddleware() {
	api, reader := setUp()
	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch user, pass, _ := r.BasicAuth(); {
		case user == "locked":
			instrument.Fail(r.Context(), semconv.ReasonLocked)
			w.WriteHeader(http.StatusUnauthorized)
		case pass != "secret":
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	srv := httptest.NewServer(authhttp.NewMiddleware(api.Authentication(semconv.MethodPassword))(login))
	for _, user := range []*struct{ name, pass string }{{"anna", "secret"}, {"anna", "guess"}, {"locked", "secret"}, nil} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, srv.URL, nil)
		if user != nil {
			req.SetBasicAuth(user.name, user.pass)
		}
		if resp, err := srv.Client().Do(req); err == nil {
			resp.Body.Close()
		}
	}
	srv.Close()

	show(reader, "auth.authentication.attempts")
	// Output:
	// 1 auth.failure.reason=invalid_credentials,auth.method=password,auth.result=failure,auth.service.name=api
	// 1 auth.failure.reason=locked,auth.method=password,auth.result=failure,auth.service.name=api
	// 1 auth.method=password,auth.result=none,auth.service.name=api
	// 1 auth.method=password,auth.result=success,auth.service.name=api
}

// A server that takes credentials of several kinds.
func ExampleNewServiceMiddleware() {
	api, reader := setUp()
	router := http.NewServeMux()
	router.HandleFunc("GET /orders", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(authhttp.NewServiceMiddleware(api, authhttp.WithBearerMethod(semconv.MethodJWT))(router))
	for _, h := range [][2]string{{"Authorization", "Bearer a.b.c"}, {"X-API-Key", "k"}} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, srv.URL+"/orders", nil)
		req.Header.Set(h[0], h[1])
		if resp, err := srv.Client().Do(req); err == nil {
			resp.Body.Close()
		}
	}
	srv.Close()

	show(reader, "auth.authentication.attempts")
	// Output:
	// 1 auth.method=api_key,auth.result=success,auth.service.name=api
	// 1 auth.method=jwt,auth.result=success,auth.service.name=api
}

// Fetches of the keys that tokens are checked with.
func ExampleNewTransport() {
	api, reader := setUp()
	provider := httptest.NewServer(http.NotFoundHandler())
	client := &http.Client{Transport: authhttp.NewTransport(nil, authhttp.KeySetFetch(api.KeySet(),
		func(r *http.Request) bool { return r.URL.Path == "/keys" }))}
	if resp, err := client.Get(provider.URL + "/keys"); err == nil {
		resp.Body.Close()
	}
	provider.Close()

	show(reader, "auth.keyset.refreshes")
	// Output:
	// 1 auth.result=error,auth.service.name=api,error.type=unavailable
}

// What a client writes on the left of the header is not believed.
func ExampleClientIP() {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("X-Forwarded-For", "1.1.1.1, 198.51.100.7, 10.0.0.2")
	fmt.Println(authhttp.ClientIP(r, authhttp.XForwardedFor))
	fmt.Println(authhttp.ClientIP(r, authhttp.XForwardedFor, netip.MustParsePrefix("10.0.0.0/8")))
	// Output:
	// 10.0.0.1
	// 198.51.100.7
}

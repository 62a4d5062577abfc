// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// A MeterProvider of one's own, scraped on a free port of loopback.
func Example() {
	exp, err := prom.New(prom.WithAddress("127.0.0.1:0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
	defer provider.Shutdown(context.Background())

	attempts, _ := authconv.NewAuthenticationAttempts(provider.Meter("example"))
	attempts.Add(context.Background(), 3, "api", semconv.MethodPassword, semconv.ResultSuccess)

	resp, err := http.Get("http://" + exp.Addr().String() + "/metrics?name[]=auth_authentication_attempts_total")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Print(string(body))
	// Output:
	// # HELP auth_authentication_attempts_total Completed authentication attempts.
	// # TYPE auth_authentication_attempts_total counter
	// auth_authentication_attempts_total{auth_method="password",auth_result="success",auth_service_name="api"} 3
}

// The metrics on a server that is there already.
func ExampleExporter_Handler() {
	exp, err := prom.New(prom.WithoutServer())
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
	defer provider.Shutdown(context.Background())

	mux := http.NewServeMux()
	mux.Handle("/internal/metrics", exp.Handler())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/internal/metrics", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "target_info"))
	// Output: 200 true
}

// A scraper needs the token.
func ExampleWithBearerToken() {
	exp, err := prom.New(prom.WithAddress("127.0.0.1:0"), prom.WithBearerToken("from-a-secret-store"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer exp.Shutdown(context.Background())
	resp, err := http.Get("http://" + exp.Addr().String() + "/metrics")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 401 Unauthorized
}

// Plain HTTP for everybody has to be asked for.
func ExampleWithInsecureAddress() {
	_, err := prom.New(prom.WithAddress("0.0.0.0:0"))
	fmt.Println(err)

	exp, err := prom.New(prom.WithAddress("0.0.0.0:0"), prom.WithInsecureAddress())
	fmt.Println(err)
	defer exp.Shutdown(context.Background())
	// Output:
	// prom: WithAddress("0.0.0.0:0"): not a loopback address and has no TLS (WithWebConfigFile) and no authentication (WithWebConfigFile or WithBearerToken); WithInsecureAddress allows it all the same
	// <nil>
}

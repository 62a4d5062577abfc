// SPDX-License-Identifier: Apache-2.0

package authconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authconnect"
	"github.com/datapunk/otelauth/semconv"
)

// The gate that the service has anyway; one call inside tells what the code does not.
func checkHeader(ctx context.Context, _ connect.Spec, _ connect.Peer, h http.Header) (context.Context, error) {
	switch h.Get("Authorization") {
	case "Bearer good":
		return ctx, nil
	case "Bearer old":
		instrument.Fail(ctx, semconv.ReasonExpired)
	}
	return nil, connect.NewError(connect.CodeUnauthenticated, errors.New("no access"))
}

func Example() {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithServices("api"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
	}
	tokens := authconnect.NewInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
	srv := httptest.NewServer(connect.NewUnaryHandlerSimple("/test.Echo/Say",
		func(_ context.Context, m *message) (*message, error) { return m, nil },
		connect.WithRequestGate(tokens.Gate(checkHeader)), connect.WithInterceptors(tokens)))
	c := connect.NewClient[message, message](srv.Client(), srv.URL+"/test.Echo/Say")
	for _, token := range []string{"Bearer good", "Bearer old", "Bearer guess", ""} {
		req := connect.NewRequest(new(message))
		req.Header().Set("Authorization", token)
		_, err := c.CallUnary(context.Background(), req)
		fmt.Println(err)
	}
	srv.Close()

	var rm metricdata.ResourceMetrics
	_ = reader.Collect(context.Background(), &rm)
	for _, m := range rm.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "auth.token.verifications" {
			for _, p := range sum.DataPoints {
				if p.Value > 0 {
					fmt.Println(p.Value, p.Attributes.Encoded(attribute.DefaultEncoder()))
				}
			}
		}
	}
	// Unordered output:
	// <nil>
	// unauthenticated: no access
	// unauthenticated: no access
	// unauthenticated: no access
	// 1 auth.result=success,auth.service.name=api,auth.token.type=access
	// 1 auth.failure.reason=expired,auth.result=failure,auth.service.name=api,auth.token.type=access
	// 1 auth.failure.reason=invalid_credentials,auth.result=failure,auth.service.name=api,auth.token.type=access
	// 1 auth.result=none,auth.service.name=api,auth.token.type=access
}

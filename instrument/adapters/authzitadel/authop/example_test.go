// SPDX-License-Identifier: Apache-2.0

package authop_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/op"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel/authop"
	"github.com/datapunk/otelauth/semconv"
)

// A provider that authenticates its clients.
func Example() {
	provider, _ := newProvider(stage{})
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithErrorMapper(authop.MapError), instrument.WithServices("id"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
	}

	clients := rec.Service("id").Authentication(semconv.MethodClientSecret)
	for _, header := range []string{basic("web", "secret"), basic("web", "guess"), basic("%", "")} {
		_, _, err := op.ClientIDFromRequest(request(nil, header), provider)
		clients.Count(context.Background(), err)
	}

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		fmt.Println(err)
	}
	var lines []string
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		for i := 0; ok && m.Name == "auth.authentication.attempts" && i < len(sum.DataPoints); i++ {
			if p := sum.DataPoints[i]; p.Value > 0 {
				lines = append(lines, fmt.Sprint(p.Value, " ", p.Attributes.Encoded(attribute.DefaultEncoder())))
			}
		}
	}
	slices.Sort(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
	// Output:
	// 1 auth.failure.reason=invalid_credentials,auth.method=client_secret,auth.result=failure,auth.service.name=id
	// 1 auth.failure.reason=malformed,auth.method=client_secret,auth.result=failure,auth.service.name=id
	// 1 auth.method=client_secret,auth.result=success,auth.service.name=id
}

// stage is a test whose troubles an example shows.
type stage struct{ testing.TB }

func (stage) Helper()           {}
func (stage) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

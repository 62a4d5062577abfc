// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// A service that checks the tokens of a provider. The second one has expired.
func Example() {
	id := newProvider(stage{})
	defer id.srv.Close()
	ctx := context.Background()

	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithErrorMapper(authzitadel.MapError), instrument.WithServices("api"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
	}
	api := rec.Service("api")
	fetches := authhttp.KeySetFetch(api.KeySet(), nil).CheckBody(authzitadel.CheckKeys)
	keys := rp.NewRemoteKeySet(&http.Client{Transport: authhttp.NewTransport(nil, fetches)}, id.srv.URL+"/keys")
	verifier := rp.NewIDTokenVerifier(id.srv.URL, "web", keys, rp.WithSupportedSigningAlgorithms("ES256"))

	checks := api.TokenVerification(semconv.TokenTypeID)
	for _, raw := range []string{id.token(nil), id.token(claims{"exp": 1})} {
		_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](ctx, raw, verifier)
		checks.Count(ctx, err)
	}
	show(reader, "auth.token.verifications")
	show(reader, "auth.keyset.refreshes")
	// Output:
	// 1 auth.failure.reason=expired,auth.result=failure,auth.service.name=api,auth.token.type=id
	// 1 auth.result=success,auth.service.name=api,auth.token.type=id
	// 1 auth.result=success,auth.service.name=api
}

// show prints what is not zero of a counter.
func show(reader sdkmetric.Reader, counter string) {
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		fmt.Println(err)
	}
	var lines []string
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		for i := 0; ok && m.Name == counter && i < len(sum.DataPoints); i++ {
			if p := sum.DataPoints[i]; p.Value > 0 {
				lines = append(lines, fmt.Sprint(p.Value, " ", p.Attributes.Encoded(attribute.DefaultEncoder())))
			}
		}
	}
	slices.Sort(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
}

// stage is a test whose troubles an example shows.
type stage struct{ testing.TB }

func (stage) Helper()           {}
func (stage) Cleanup(func())    {}
func (stage) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

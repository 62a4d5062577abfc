// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// A service that checks the tokens of a provider. The second one has expired.
func Example() {
	var stage adaptertest.Stage
	defer stage.Close()
	id := newProvider(&stage) // on loopback
	defer id.srv.Close()
	ctx := context.Background()

	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authzitadel.MapError))
	api := rec.Service("api")
	fetches := authhttp.KeySetFetch(api.KeySet(), nil).CheckBody(authzitadel.CheckKeys)
	keys := rp.NewRemoteKeySet(&http.Client{Transport: authhttp.NewTransport(nil, fetches)}, id.srv.URL+"/keys")
	verifier := rp.NewIDTokenVerifier(id.srv.URL, "web", keys, rp.WithSupportedSigningAlgorithms("ES256"))

	checks := api.TokenVerification(semconv.TokenTypeID)
	for _, raw := range []string{id.token(nil), id.token(claims{"exp": 1})} {
		_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](ctx, raw, verifier)
		checks.Count(ctx, err)
	}

	show("auth.token.verifications", "auth.keyset.refreshes")
	// Output:
	// 1 auth.token.verifications auth.failure.reason=expired auth.result=failure auth.token.type=id
	// 1 auth.token.verifications auth.result=success auth.token.type=id
	// 1 auth.keyset.refreshes auth.result=success
}

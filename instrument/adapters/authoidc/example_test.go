// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"context"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// A resource server that checks the tokens of a provider. The second token was made
// for another service.
func Example() {
	var stage adaptertest.Stage
	defer stage.Close()
	id := newProvider(&stage) // on loopback
	defer id.srv.Close()
	ctx := context.Background()

	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authoidc.MapError))
	api := rec.Service("api")
	provider, err := oidc.NewProvider(ctx, id.srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := authoidc.NewProviderVerifier(ctx, provider, &oidc.Config{ClientID: "api"}, api.KeySet())
	if err != nil {
		fmt.Println(err)
		return
	}
	checks := api.TokenVerification(semconv.TokenTypeAccess)
	for _, raw := range []string{id.token(nil), id.token(claims{"aud": "web"})} {
		_, err := verifier.Verify(ctx, raw)
		checks.Count(ctx, err)
	}

	show("auth.token.verifications", "auth.keyset.refreshes")
	// Output:
	// 1 auth.token.verifications auth.failure.reason=audience_mismatch auth.result=failure auth.token.type=access
	// 1 auth.token.verifications auth.result=success auth.token.type=access
	// 1 auth.keyset.refreshes auth.result=success
}

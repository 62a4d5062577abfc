// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/instrument/authhttp"
)

// verifier checks an access token, which must have been issued to the web application, and says what scope it
// is good for. Its errors need no explanation: who knows the library has told the recorder what they mean.
type verifier func(ctx context.Context, raw string) (scope string, err error)

// byGoOIDC verifies with go-oidc.
func byGoOIDC(ctx context.Context, svc *instrument.Service, base http.RoundTripper, issuer string) (verifier, error) {
	ctx = oidc.ClientContext(ctx, newClient(base))
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	tokens, err := authoidc.NewProviderVerifier(ctx, provider, &oidc.Config{ClientID: webID}, svc.KeySet())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, raw string) (string, error) {
		token, err := tokens.Verify(ctx, raw)
		if err != nil {
			return "", err
		}
		var claims struct{ Scope string }
		err = token.Claims(&claims)
		return claims.Scope, err
	}, nil
}

// byZitadel verifies with zitadel/oidc.
func byZitadel(ctx context.Context, svc *instrument.Service, base http.RoundTripper, issuer string) (verifier, error) {
	found, err := client.Discover(ctx, issuer, newClient(base))
	if err != nil {
		return nil, err
	}
	fetch := authhttp.KeySetFetch(svc.KeySet(), nil).CheckBody(authzitadel.CheckKeys)
	keys := rp.NewRemoteKeySet(newClient(authhttp.NewTransport(base, fetch)), found.JwksURI)
	tokens := op.NewAccessTokenVerifier(issuer, keys)
	return func(ctx context.Context, raw string) (string, error) {
		claims, err := op.VerifyAccessToken[*zitadel.AccessTokenClaims](ctx, raw, tokens)
		if err != nil {
			return "", err
		}
		return claims.Scopes.String(), zitadel.CheckAudience(claims, webID)
	}, nil
}

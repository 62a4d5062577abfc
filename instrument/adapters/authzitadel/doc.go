// SPDX-License-Identifier: Apache-2.0

// Package authzitadel says what the errors of github.com/zitadel/oidc mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authzitadel.MapError), instrument.WithServices("api"))
//	checks := rec.Service("api").TokenVerification(semconv.TokenTypeID)
//
//	claims, err := rp.VerifyIDToken[*oidc.IDTokenClaims](ctx, raw, verifier)
//	checks.Count(ctx, err)
//
// Fetches of the provider's keys are recorded by a transport of the HTTP client that
// the library is given, as in rp.WithHTTPClient:
//
//	keys := authhttp.KeySetFetch(api.KeySet(), func(r *http.Request) bool { return r.URL.Path == "/keys" })
//	client := &http.Client{Transport: authhttp.NewTransport(nil, keys.CheckBody(authzitadel.CheckKeys))}
//
// The code exchange goes through golang.org/x/oauth2, whose errors package
// authoauth2 knows; the errors of the provider's side are known to package authop.
package authzitadel

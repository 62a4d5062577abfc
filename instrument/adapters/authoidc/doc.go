// SPDX-License-Identifier: Apache-2.0

// Package authoidc tells a recorder what came of a token that go-oidc checks, and
// of each fetch of the keys it checks with.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authoidc.MapError), instrument.WithServices("api"))
//	api := rec.Service("api")
//	provider, err := oidc.NewProvider(ctx, "https://id.example.com")
//	verifier, err := authoidc.NewProviderVerifier(ctx, provider, &oidc.Config{ClientID: "api"}, api.KeySet())
//
//	token, err := verifier.Verify(ctx, raw)
//	api.TokenVerification(semconv.TokenTypeAccess).Count(ctx, err)
//
// # Why a verifier
//
// Most of what go-oidc returns is a text and no more: that the audience is
// another, that the signature does not match and that the provider is down look the
// same to a program that does not read texts, and a text can hold what a client
// wrote. So [Verifier] lets go-oidc decide, alone and as always, and finds the
// reason of a refusal afterwards: it has seen what the key set said, and asks go-oidc
// again with one check switched on after the other. A token that is accepted is
// checked once; the text and the chain of every error stay what they were.
//
// # What is recorded
//
//   - expired, missing (a token without exp), not_yet_valid, issuer_mismatch,
//     audience_mismatch, bad_signature, unknown_key, unsupported_algorithm and
//     malformed are failures.
//   - A provider that cannot be reached, answers with anything but keys, or has none
//     to give is an error with its type, and so is a time-out or a cancellation.
//   - A verifier that is configured wrongly is the error internal.
//
// [MapError] is for the errors of go-oidc and go-jose that come another way. What
// says its reason itself, as all that [Verifier] returns, needs no mapper.
package authoidc

// SPDX-License-Identifier: Apache-2.0

// Package authop says what the errors of the provider's side of
// github.com/zitadel/oidc mean. It is a package of its own so that who only checks
// tokens does not compile a provider.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authop.MapError), instrument.WithServices("id"))
//	clients := rec.Service("id").Authentication(semconv.MethodClientSecret)
//
//	id, authenticated, err := op.ClientIDFromRequest(r, provider)
//	clients.Count(ctx, err)
package authop

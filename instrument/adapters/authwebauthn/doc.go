// SPDX-License-Identifier: Apache-2.0

// Package authwebauthn says what the errors of github.com/go-webauthn/webauthn mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authwebauthn.MapError), instrument.WithServices("web"))
//	logins := rec.Service("web").Authentication(semconv.MethodWebAuthn)
//
//	credential, err := web.FinishLogin(user, session, r)
//	logins.Count(ctx, authwebauthn.InSession(err, session))
//
// # What cannot be told
//
// The library has one error for a challenge, an origin and a relying party that do not
// match, and for a user who is not present or not verified: binding_mismatch. It has one
// as well for a request that cannot be read and for one that does not fit the session:
// malformed. Of the second, [InSession] tells a session that has expired. A user or a
// credential that the program does not find is best said by the program itself: what a
// DiscoverableUserHandler returns, as instrument.Failure(semconv.ReasonUnknownPrincipal),
// is what counts.
package authwebauthn

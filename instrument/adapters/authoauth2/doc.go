// SPDX-License-Identifier: Apache-2.0

// Package authoauth2 says what the errors of golang.org/x/oauth2 mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authoauth2.MapError), instrument.WithServices("web"))
//	logins := rec.Service("web").Authentication(semconv.MethodOIDC)
//
//	token, err := config.Exchange(ctx, r.FormValue("code"))
//	logins.Count(ctx, err)
//
// The error code of RFC 6749 and RFC 8628 decides, if it is one that is known; the
// text is the server's and becomes no label. What a user can bring about, such as an
// authorization code that is no good, is a failure. What the client is to blame for,
// such as its own secret or a request that the server does not understand, is the
// error internal: it is ours. A server that answers 5xx, or with nothing that can be
// read, is the error unavailable.
package authoauth2

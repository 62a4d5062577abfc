// SPDX-License-Identifier: Apache-2.0

// Package authhttp records what HTTP servers and clients do about
// authentication, authorization and rate limits, from the outside: the handlers
// stay as they are.
//
//	rec, err := instrument.New(instrument.WithServices("api"))
//	api := rec.Service("api")
//	tokens := authhttp.NewMiddleware(api.TokenVerification(semconv.TokenTypeAccess))
//	http.ListenAndServe(addr, tokens(checkToken(router)))
//
//	login := authhttp.NewMiddleware(api.Authentication(semconv.MethodPassword), authhttp.WithCredential())
//	router.Handle("POST /login", login(loginHandler))
//	instrument.Fail(r.Context(), semconv.ReasonLocked) // in loginHandler: refused, and why
//	instrument.Authenticated(r.Context(), err)         // or: decided now, whatever comes after
//
// # Outcome of an attempt
//
// [NewMiddleware] and [NewServiceMiddleware] take the first of these that holds:
//
//  1. The handler said [instrument.Authenticated]: the attempt is recorded then and
//     there, and nothing that comes later counts.
//  2. The handler called [instrument.Fail]: failure for that reason.
//  3. The handler panicked: error internal, unless it had answered 401, 403 or 429
//     before, as a proxy does whose client then hangs up. The panic goes on as it
//     was, [http.ErrAbortHandler] too.
//  4. No status was written and the request's context is over: the client went
//     away (error canceled) or a deadline passed (error timeout). The same holds
//     for a 5xx that was written after that, since it is a consequence. A 401
//     written after that is what it is, so that nobody hides his guesses by
//     hanging up.
//  5. By the final status: 401 is no credential (result none) when the request
//     bore none and otherwise failure invalid_credentials; 403 failure
//     policy_denied; 429 failure rate_limited; 499 error canceled; 502 and 503
//     error unavailable; 504 error timeout; any other from 500 on error internal.
//  6. Anything else is success: other statuses, an answer without an explicit
//     one, a hijacked connection. A 1xx is no final status, save 101.
//
// On an Authorization and a RateLimit, the same outcome says the decision and the
// check, as [instrument.Handle] describes; [instrument.Authorized] says a decision
// that is followed by work which may fail for its own reasons.
//
// The middleware must lie outside of the code that answers 401, and sees the
// answers of everything inside it, whether or not a route matches. A 429 that a
// service further in has answered looks like the limiter's own: give each a
// middleware, or record the limiter itself.
//
// A request is recorded when the handler returns. A client that does not read its
// answer holds that up: set http.Server.WriteTimeout. http.MaxBytesReader closes
// the connection only if it is given the server's own writer, so use it outside.
//
// # Nesting
//
// One request counts once on one handle: where middlewares nest, the outer one
// records and the inner ones on the same handle step aside. Different handles
// each record. What the code inside records by itself, as by Start and Done, counts
// as well: give it a handle of its own.
//
// # Labels
//
// Nothing of a request or an answer becomes a label: no path, address, header or
// status text. Which kind of credential a request bears is seen by the presence
// of its header ([Sniff]); the content is not read.
package authhttp

// SPDX-License-Identifier: Apache-2.0

// Package authconnect records what Connect servers and clients do about
// authentication, authorization and rate limits, from the outside, whether they
// speak Connect, gRPC or gRPC-Web.
//
//	tokens := authconnect.NewInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
//	handler := connect.NewUnaryHandler(procedure, serve,
//		connect.WithInterceptors(tokens, checkToken)) // ours first
//
//	connect.WithRequestGate(tokens.Gate(checkHeader)) // or where a gate checks
//	instrument.Fail(ctx, semconv.ReasonLocked)        // inside: refused, and why
//
// # Handlers
//
// An interceptor sees what lies inside of it, so ours comes first. It does not see
// what is refused before any interceptor runs: by a request gate, unless it is
// wrapped by [Interceptor.Gate], by HTTP middleware, by a message of a unary RPC
// that does not decode. The outcome of an RPC is the first of these that holds:
//
//  1. The handler said [instrument.Authenticated]: the attempt is recorded then and
//     there, and nothing that comes later counts.
//  2. It called [instrument.Fail]: failure for that reason.
//  3. It panicked: error internal. The panic goes on as it was.
//  4. What the error says of itself ([instrument.Failure], [instrument.WithReason]
//     and others, also inside of a [connect.Error]), then what the mappers of
//     [instrument.WithErrorMapper] say of it, then an error of the standard library
//     in it: the end of a context, a refused connection.
//  5. By its code, as [instrument.GRPCOutcome] has it: Unauthenticated without any
//     credential is result none; Unavailable, Internal, Unknown, DataLoss and
//     Unimplemented count as canceled or timeout once the RPC's context is over;
//     a code that says nothing, such as NotFound, is success, and so is an answer
//     that was not modified. An error without a code is Unknown.
//
// A stream is recorded at its end, with the duration of the stream; a gate, or
// instrument.Authenticated(ctx, nil) as soon as its token is checked, records the
// check alone.
//
// # Clients
//
// The same interceptor on a client records calls to a service that authenticates,
// such as a login or an introspection. There every error counts: a code that says
// nothing is a failure for the reason _OTHER, unless a mapper says more, and a
// server that cannot be reached is an error. A stream is recorded when it has been
// read to its end or failed, when its context is over or when it is closed before
// its end, which counts as canceled.
//
// # Nesting and labels
//
// One RPC counts once on one handle: where interceptors, gates and middlewares nest,
// the outer one records and the inner ones step aside. Nothing of an RPC becomes a
// label: no procedure, header, address or message.
package authconnect

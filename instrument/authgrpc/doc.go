// SPDX-License-Identifier: Apache-2.0

// Package authgrpc records what gRPC servers and clients do about authentication,
// authorization and rate limits, from the outside: the handlers and the service's
// own interceptors stay as they are.
//
//	rec, err := instrument.New(instrument.WithServices("api"))
//	tokens := authgrpc.NewServerInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
//	server := grpc.NewServer(
//		grpc.ChainUnaryInterceptor(tokens.Unary, checkToken), // ours first
//		grpc.ChainStreamInterceptor(tokens.Stream, checkTokenOfStream))
//
//	instrument.Fail(ctx, semconv.ReasonLocked) // in checkToken or a handler: refused, and why
//
// # Order
//
// An interceptor sees what lies inside of it, so ours comes first. After the
// service's own it sees only the RPCs that were let in: every attempt is then a
// success. What fails before any interceptor runs is not seen at all: TLS
// handshakes, a tap.ServerInHandle, messages of unary RPCs that do not decode,
// unknown methods. A stats.Handler would see some of these, but of an error only
// its status, and of a panic nothing.
//
// # Outcome of an RPC on a server
//
// The first of these that holds:
//
//  1. The handler said [instrument.Authenticated]: the attempt is recorded then and
//     there, and nothing that comes later counts.
//  2. It called [instrument.Fail]: failure for that reason.
//  3. It panicked: error internal. The panic goes on as it was.
//  4. What the error says of itself ([instrument.Failure], [instrument.WithReason]
//     and others, bare or wrapped together with a status), then what the mappers of
//     [instrument.WithErrorMapper] say of it, then an error of the standard library
//     in it: the end of a context, a refused connection.
//  5. By the code of its status: Unauthenticated is no credential (result none)
//     when the RPC bore none and otherwise failure invalid_credentials;
//     PermissionDenied failure policy_denied; ResourceExhausted failure
//     rate_limited, although gRPC itself uses it for a message that is too large;
//     Canceled error canceled; DeadlineExceeded error timeout; Unavailable error
//     unavailable; Internal, Unknown, DataLoss and Unimplemented error internal.
//     Once the RPC's context is over, those from Unavailable on are a consequence
//     and count as canceled or timeout. Other codes, such as NotFound, say nothing
//     of authentication: success.
//  6. An error without a status, which the client sees as Unknown, is the same as
//     that.
//
// On an Authorization and a RateLimit, the same outcome says the decision and the
// check, as [instrument.Handle] describes. What the client gets is not
// changed.
//
// A stream is recorded at its end, when all of this is known; its duration is that
// of the stream, and a client that hangs up makes it canceled. Say
// instrument.Authenticated(stream.Context(), nil) as soon as its token is checked, so
// that the check alone is what counts.
//
// # Clients
//
// A [ClientInterceptor] records calls to a service that authenticates, such as a
// login, an introspection or the issue of a token. The client has the answer only
// if there is no error, so here every error counts, by the order that package
// instrument gives: a server that cannot be reached is an error, and a code such as
// NotFound a failure for the reason _OTHER, unless a mapper says more. A reply that
// says no while its status is OK is a success here: record such a call where the
// reply is read.
//
// # Nesting
//
// One RPC counts once on one handle: where interceptors nest, the outer one records
// and the inner ones on the same handle step aside, also a client's inside of a
// server's. Different handles each record.
//
// # Labels
//
// Nothing of an RPC becomes a label: no method, metadata, address or status text.
package authgrpc

// SPDX-License-Identifier: Apache-2.0

// Package instrument records who gets in, who does not, why and how fast, as
// OpenTelemetry metrics.
//
// Make one [Recorder] a process, ask it for a handle once, and record through
// the handle:
//
//	rec, err := instrument.New(instrument.WithServices("api"))
//	logins := rec.Service("api").Authentication(semconv.MethodPassword)
//
//	func (s *Server) Login(ctx context.Context, user, pass string) (err error) {
//		defer logins.Start().Done(ctx, &err)
//		return s.verify(ctx, user, pass)
//	}
//
// The package imports the OpenTelemetry API alone. The metrics go to the
// MeterProvider that [WithMeterProvider] names, or the global one; package
// exporter builds one in a call.
//
// # Observers
//
// An [Observer] sees each attempt and, by [WithCaller] and [Identify], who made it,
// which no metric does. Package instrument/anomaly is one.
//
// # Outcomes
//
// What an attempt came to is said by an error:
//
//   - nil is success.
//   - [Failure] is a refusal that is the caller's fault, with its reason.
//   - [Error] is trouble of ours or of a dependency, with its type.
//   - [ErrNoCredential] and [ErrBypassed] are what they say. Return the first where
//     http.ErrNoCookie says that a visitor has no session.
//   - Any other error is asked what it says of itself ([WithReason],
//     [Reasoner]), then the mappers of [WithErrorMapper] are, then its gRPC status
//     is looked at, if it bears one: Unauthenticated, PermissionDenied and
//     ResourceExhausted are failures, and what says that a server is in trouble
//     is an error. Then come the errors of the standard library: time-outs,
//     cancellations, refused connections, name servers and TLS are an error and
//     never a failure. A bad certificate is the client's failure with
//     [semconv.MethodMTLS], and elsewhere where no TLS handshake reported it.
//   - An error that nobody knows is a failure for the reason _OTHER, unless
//     [WithDefault] says what it is.
//
// Of a tree of errors the first 64 are looked at, and never the text of one. An
// error of reading the request, or of looking up a host that the client named, is
// the client's and not ours, whatever its type: return [Failure] of
// [semconv.ReasonMalformed] for it.
//
// # Labels
//
// No string of a caller becomes a label, save one that a developer declared
// ([WithServices], [WithAllowed]) and, only if [WithServiceLimit] asks for it,
// names of undeclared services up to that limit, cut to 128 bytes of valid UTF-8.
// Everything else is an enum of package semconv. What is outside becomes _OTHER and is counted in
// auth.sdk.collapsed_values by attribute.
//
// # Failing open
//
// A call that records returns nothing, never blocks on telemetry and never
// panics for it. Recorders and handles that are nil do nothing, so telemetry
// can be switched off by leaving the Recorder nil. [New] returns a Recorder that
// works even when it returns an error as well.
package instrument

// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// In the assertions below an outcome is an error, as it is when recording: nil,
// [instrument.Failure], [instrument.Error], [instrument.ErrNoCredential],
// [instrument.ErrBypassed], or any error, which stands for what the recorder
// takes it for.

// WantAttempts asserts the number of attempts to authenticate by one method that
// came to one outcome. Further attributes, such as a provider, narrow it.
func (g *Got) WantAttempts(n int64, m semconv.Method, outcome error, attrs ...attribute.KeyValue) {
	g.t.Helper()
	g.Want("auth.authentication.attempts", float64(n), slices.Concat(
		[]attribute.KeyValue{m.Attr()}, g.outcome(m, outcome), attrs)...)
}

// WantTokenVerifications asserts the number of checks of one type of token that
// came to one outcome. Further attributes, such as a tenant, narrow it.
func (g *Got) WantTokenVerifications(n int64, t semconv.TokenType, outcome error, attrs ...attribute.KeyValue) {
	g.t.Helper()
	g.Want("auth.token.verifications", float64(n), slices.Concat(
		[]attribute.KeyValue{t.Attr()}, g.outcome(semconv.MethodOther, outcome), attrs)...)
}

// WantTokenOperations asserts the number of operations on one type of token. Of
// the outcome only its result is recorded, and not why.
func (g *Got) WantTokenOperations(n int64, t semconv.TokenType, op semconv.TokenOperation, outcome error) {
	g.t.Helper()
	g.Want("auth.token.operations", float64(n), t.Attr(), op.Attr(), g.result(outcome))
}

// WantSessionOperations asserts the number of operations on sessions. Of the
// outcome only its result is recorded, and not why. How many sessions are left
// is Want("auth.session.active", n).
func (g *Got) WantSessionOperations(n int64, op semconv.SessionOperation, outcome error) {
	g.t.Helper()
	g.Want("auth.session.operations", float64(n), op.Attr(), g.result(outcome))
}

// WantMFAChallenges asserts how often a second factor was asked for.
func (g *Got) WantMFAChallenges(n int64, f semconv.MFAFactor) {
	g.t.Helper()
	g.Want("auth.mfa.challenges", float64(n), f.Attr())
}

// WantMFA asserts the number of answers to one second factor that came to one
// outcome.
func (g *Got) WantMFA(n int64, f semconv.MFAFactor, outcome error) {
	g.t.Helper()
	g.Want("auth.mfa.attempts", float64(n), append(g.outcome(semconv.MethodOther, outcome), f.Attr())...)
}

// WantAuthorizations asserts the number of access decisions. Further attributes,
// such as a policy, narrow it.
func (g *Got) WantAuthorizations(n int64, e semconv.Enforcement, d semconv.Decision, attrs ...attribute.KeyValue) {
	g.t.Helper()
	g.Want("auth.authorization.decisions", float64(n), slices.Concat(
		[]attribute.KeyValue{e.Attr(), d.Attr()}, attrs)...)
}

// WantRateLimitChecks asserts how many checks of one type of limit came out in
// one way. The type is asserted as it is exported: "_OTHER" for one that the
// recorder does not know.
func (g *Got) WantRateLimitChecks(n int64, limitType string, outcome semconv.RateLimitOutcome) {
	g.t.Helper()
	g.Want("auth.rate_limit.checks", float64(n), semconv.RateLimitTypeKey.String(limitType), outcome.Attr())
}

// result is the result of an outcome, without its reason.
func (g *Got) result(err error) attribute.KeyValue {
	g.t.Helper()
	for _, kv := range g.outcome(semconv.MethodOther, err) {
		if kv.Key == semconv.ResultKey {
			return kv
		}
	}
	return semconv.ResultOther.Attr()
}

// outcome returns the attributes that an outcome is recorded with, found by
// recording it: with the same options, on a recorder of its own.
func (g *Got) outcome(m semconv.Method, err error) []attribute.KeyValue {
	g.t.Helper()
	rec, reader, _ := record(g.opts) // New has reported the error
	rec.Service(semconv.Other).Authentication(m).Count(context.Background(), err)
	scratch := Read(g.t, reader)
	var attrs []attribute.KeyValue
	for _, s := range flatten(scratch.collect()) {
		if s.metric != "auth.authentication.attempts" || s.value == 0 {
			continue
		}
		for _, kv := range s.attrs.ToSlice() {
			switch kv.Key {
			case semconv.ResultKey, semconv.ReasonKey, semconv.ErrorTypeKey:
				attrs = append(attrs, kv)
			}
		}
	}
	return attrs
}

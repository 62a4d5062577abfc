// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// NewAuthorizationMiddleware returns a middleware that records every request as
// an access decision on the handle, with its duration: error for a panic and for
// a 5xx, deny for a 403 and where the handler called [instrument.Fail] with
// [semconv.ReasonPolicyDenied] (an answer that hides the denial, such as a 404),
// abstain where the request never came to a decision (401, 429, a client that
// went away before it was answered), else allow. The only option that matters is
// [WithFilter]. A nil handle makes a middleware that returns its handler
// unchanged.
func NewAuthorizationMiddleware(handle *instrument.Authorization, opts ...Option) func(http.Handler) http.Handler {
	if handle == nil {
		return unchanged
	}
	c := newConfig(opts)
	return c.recording(handle, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		x := new(exchange)
		decision := handle.Start()
		defer func() { decision.End(x.ctx, x.decision()) }()
		x.serve(next, w, r, handle)
	})
}

func (x *exchange) decision() semconv.Decision {
	switch s := x.writer.status; {
	case !x.returned:
		return semconv.DecisionError
	case x.refusedFor(semconv.ReasonPolicyDenied), s == http.StatusForbidden:
		return semconv.DecisionDeny
	case x.gone() != nil, s == http.StatusUnauthorized, s == http.StatusTooManyRequests, s == statusClientClosedRequest:
		return semconv.DecisionAbstain
	case s >= http.StatusInternalServerError:
		return semconv.DecisionError
	}
	return semconv.DecisionAllow
}

// NewRateLimitMiddleware returns a middleware that records every request as a
// check of the limit: limited for a 429 and where the handler called
// [instrument.Fail] with [semconv.ReasonRateLimited], canceled for a client that
// went away before it was answered, else allowed. The only option that matters
// is [WithFilter]. A nil handle makes a middleware that returns its handler
// unchanged.
func NewRateLimitMiddleware(handle *instrument.RateLimit, opts ...Option) func(http.Handler) http.Handler {
	if handle == nil {
		return unchanged
	}
	c := newConfig(opts)
	return c.recording(handle, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		x := new(exchange)
		defer func() { handle.Check(x.ctx, x.limit()) }()
		x.serve(next, w, r, handle)
	})
}

func (x *exchange) limit() semconv.RateLimitOutcome {
	switch {
	case x.refusedFor(semconv.ReasonRateLimited), x.writer.status == http.StatusTooManyRequests:
		return semconv.RateLimitOutcomeLimited
	case x.returned && x.gone() != nil, x.writer.status == statusClientClosedRequest:
		return semconv.RateLimitOutcomeCanceled
	}
	return semconv.RateLimitOutcomeAllowed
}

// refusedFor reports whether the handler said so. The errors of
// [instrument.Failure] are one a reason, and comparable.
func (x *exchange) refusedFor(reason semconv.Reason) bool {
	err := x.pending.Err()
	return err != nil && err == instrument.Failure(reason) //nolint:errorlint // the very same error
}

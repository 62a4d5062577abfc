// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"context"
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// NewMiddleware returns a middleware that records every request on the handle, with
// its duration and the outcome that the package documentation describes: on an
// [instrument.Attempts] or an operation of [instrument.TokenOperations] as that, on
// an [instrument.Authorization] as a decision, on an [instrument.RateLimit] as a
// check. With a nil handle it returns its handler unchanged. The middleware is safe
// for concurrent use.
func NewMiddleware(handle instrument.Handle, opts ...Option) func(http.Handler) http.Handler {
	c := newConfig(opts)
	return c.middleware(instrument.Enabled(handle), func(r *http.Request) (instrument.Handle, bearing) {
		return handle, bearing{bears: c.bears(c.sniff(r))}
	})
}

// bearing says what a request without a credential comes to.
type bearing struct {
	bears  bool // it has one
	needed bool // without one it is no success
}

// middleware makes a middleware that records on the handle that pick returns.
func (c *config) middleware(enabled bool, pick func(*http.Request) (instrument.Handle, bearing)) func(http.Handler) http.Handler {
	if !enabled {
		return func(next http.Handler) http.Handler { return next }
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !c.records(r) {
				next.ServeHTTP(w, r)
				return
			}
			handle, b := pick(r)
			if instrument.IsPending(r.Context(), handle) {
				next.ServeHTTP(w, r)
				return
			}
			x := &exchange{proxies: &c.proxies}
			defer func() { x.pending.End(x.outcome(b)) }()
			x.serve(next, w, r, handle)
		})
	}
}

// exchange is one request and its answer. It holds all that a middleware needs
// for one, so that they cost one allocation together; the request with the new
// context is the other.
type exchange struct {
	writer
	pending  instrument.Pending
	ctx      context.Context // lives as long as the request
	returned bool            // the handler did, without a panic
	proxies  *proxies
}

// serve runs the handler. A panic is not caught: the stack that net/http prints
// is then still the handler's.
func (x *exchange) serve(next http.Handler, w http.ResponseWriter, r *http.Request, on instrument.Handle) {
	ctx := r.Context()
	if instrument.Observed(on) {
		ctx = instrument.WithSource(ctx, ClientIP(r, x.proxies.header, x.proxies.trusted...))
	}
	x.ctx = x.pending.Begin(ctx, on)
	x.writer.rw, x.writer.request = w, x.ctx
	next.ServeHTTP(x.writer.wrapped(), r.WithContext(x.ctx))
	x.returned = true
}

// gone says how the request's context ended, if it did before the handler could
// answer.
func (x *exchange) gone() error {
	ended := x.writer.ended
	if x.writer.status == 0 && !x.writer.hijacked {
		ended = x.ctx.Err()
	}
	return instrument.ErrorOf(ended, semconv.ErrorTypeCanceled)
}

// refused reports whether the answer was a refusal already when the handler
// panicked. A proxy panics when its client stops reading, which nobody who guesses
// must profit by.
func (x *exchange) refused() bool {
	switch x.writer.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	return false
}

// outcome is the order of precedence that the package documentation gives.
func (x *exchange) outcome(b bearing) error {
	if err := x.pending.Err(); err != nil {
		return err
	}
	if !x.returned && !x.refused() {
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	if err := x.gone(); err != nil {
		return err
	}
	switch s := x.writer.status; {
	case s == http.StatusUnauthorized && !b.bears:
		return instrument.ErrNoCredential
	case s == http.StatusUnauthorized:
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case s == http.StatusForbidden:
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case s == http.StatusTooManyRequests:
		return instrument.Failure(semconv.ReasonRateLimited)
	case s == statusClientClosedRequest:
		return instrument.Error(semconv.ErrorTypeCanceled)
	case s == http.StatusServiceUnavailable, s == http.StatusBadGateway: // of a proxy whose service is down
		return instrument.Error(semconv.ErrorTypeUnavailable)
	case s == http.StatusGatewayTimeout:
		return instrument.Error(semconv.ErrorTypeTimeout)
	case s >= http.StatusInternalServerError:
		return instrument.Error(semconv.ErrorTypeInternal)
	case b.needed && !b.bears:
		return instrument.ErrNoCredential
	}
	return nil
}

// statusClientClosedRequest is what nginx and many gateways write for a client
// that went away.
const statusClientClosedRequest = 499

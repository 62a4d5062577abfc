// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// NewMiddleware returns a middleware that records every request as an attempt on
// the handle, with its duration and the outcome that the package documentation
// describes. A nil handle makes a middleware that returns its handler unchanged.
// The middleware is safe for concurrent use.
func NewMiddleware(handle *instrument.Attempts, opts ...Option) func(http.Handler) http.Handler {
	if handle == nil {
		return unchanged
	}
	c := newConfig(opts)
	return c.recording(handle, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		serveAttempt(handle, next, w, r, c.bears(r, c.sniff(r)), false)
	})
}

// recording makes a middleware that serves by serve what is to be recorded on
// the handle, and everything else as if it were not there.
func (c *config) recording(handle instrument.Handle, serve func(http.Handler, http.ResponseWriter, *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !c.records(r) || instrument.IsPending(r.Context(), handle) {
				next.ServeHTTP(w, r)
				return
			}
			serve(next, w, r)
		})
	}
}

func unchanged(next http.Handler) http.Handler { return next }

// serveAttempt serves the request and records the attempt. With needed, a
// request that bears no credential is no success either.
func serveAttempt(handle *instrument.Attempts, next http.Handler, w http.ResponseWriter, r *http.Request, bears, needed bool) {
	x := new(exchange)
	attempt := handle.Start()
	defer func() {
		err := x.outcome(bears)
		if err == nil && needed && !bears {
			err = instrument.ErrNoCredential
		}
		attempt.End(x.ctx, err)
	}()
	x.serve(next, w, r, handle)
}

// exchange is one request and its answer. It holds all that a middleware needs
// for one, so that they cost one allocation together; the request with the new
// context is the other.
type exchange struct {
	writer
	pending  instrument.Pending
	ctx      context.Context // lives as long as the request
	returned bool            // the handler did, without a panic
}

// serve runs the handler. A panic is not caught: the stack that net/http prints
// is then still the handler's.
func (x *exchange) serve(next http.Handler, w http.ResponseWriter, r *http.Request, on instrument.Handle) {
	x.ctx = x.pending.Begin(r.Context(), on)
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
	switch {
	case ended == nil:
		return nil
	case errors.Is(ended, context.DeadlineExceeded):
		return instrument.Error(semconv.ErrorTypeTimeout)
	}
	return instrument.Error(semconv.ErrorTypeCanceled)
}

// outcome is the order of precedence that the package documentation gives.
func (x *exchange) outcome(bears bool) error {
	if !x.returned {
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	if err := x.pending.Err(); err != nil {
		return err
	}
	if err := x.gone(); err != nil {
		return err
	}
	switch s := x.writer.status; {
	case s == http.StatusUnauthorized && !bears:
		return instrument.ErrNoCredential
	case s == http.StatusUnauthorized:
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case s == http.StatusForbidden:
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case s == http.StatusTooManyRequests:
		return instrument.Failure(semconv.ReasonRateLimited)
	case s == statusClientClosedRequest:
		return instrument.Error(semconv.ErrorTypeCanceled)
	case s == http.StatusServiceUnavailable:
		return instrument.Error(semconv.ErrorTypeUnavailable)
	case s == http.StatusGatewayTimeout:
		return instrument.Error(semconv.ErrorTypeTimeout)
	case s >= http.StatusInternalServerError:
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	return nil
}

// statusClientClosedRequest is what nginx and many gateways write for a client
// that went away.
const statusClientClosedRequest = 499

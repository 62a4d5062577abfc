// SPDX-License-Identifier: Apache-2.0

package authrate

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Limiter is a limiter whose checks are recorded. All methods are safe for
// concurrent use, and on nil they let everything through and record nothing.
type Limiter struct {
	bucket  *rate.Limiter
	handle  *instrument.RateLimit
	granted semconv.RateLimitOutcome // what a check that is let through is recorded as
	usage   *usage                   // nil where it is not shown
}

// Option configures a [Limiter].
type Option interface{ apply(*Limiter) }

type optionFunc func(*Limiter)

func (f optionFunc) apply(l *Limiter) { f(l) }

// WithoutUsage records how checks come out and leaves auth.rate_limit.usage and
// auth.rate_limit.limit alone. Default: both are set.
func WithoutUsage() Option { return optionFunc(func(l *Limiter) { l.usage = nil }) }

// New returns a limiter that lets through what the given one does and records
// each check on the handle. The given one may go on being used, as to change its
// limit; what is asked of it directly is not recorded.
//
// Without a limiter everything is let through and recorded as fail_open, since
// there is nobody to ask: a limit that is switched off on purpose is one of
// [rate.Inf]. Without a handle nothing is recorded and the limiter limits.
func New(limiter *rate.Limiter, handle *instrument.RateLimit, opts ...Option) *Limiter {
	l := &Limiter{bucket: limiter, handle: handle, granted: semconv.RateLimitOutcomeAllowed}
	if limiter == nil {
		l.bucket, l.granted = unlimited, semconv.RateLimitOutcomeFailOpen
	} else if handle != nil {
		l.usage = &usage{bucket: l.bucket, handle: handle}
	}
	for _, o := range opts {
		if o != nil {
			o.apply(l)
		}
	}
	return l
}

// unlimited stands in for a limiter that is not there. It holds no state.
var unlimited = rate.NewLimiter(rate.Inf, 0)

// limiter is whom to ask.
func (l *Limiter) limiter() *rate.Limiter {
	if l == nil {
		return unlimited
	}
	return l.bucket
}

// Allow is [Limiter.AllowN] of one token now.
func (l *Limiter) Allow() bool { return l.AllowN(time.Now(), 1) }

// AllowN reports whether n tokens may be taken at time t, and takes them if so,
// as [rate.Limiter.AllowN] does. It allocates nothing.
func (l *Limiter) AllowN(t time.Time, n int) bool {
	ok := l.limiter().AllowN(t, n)
	l.check(context.Background(), t, l.outcome(ok))
	return ok
}

// Reserve is [Limiter.ReserveN] of one token now.
func (l *Limiter) Reserve() *rate.Reservation { return l.ReserveN(time.Now(), 1) }

// ReserveN reserves n tokens from time t on, as [rate.Limiter.ReserveN] does. It
// is recorded as allowed if they can be taken at t, and as limited if they have
// to be waited for or are never to be had, for whoever looks at the delay
// refuses the request or holds it up. What becomes of the reservation is not
// recorded.
func (l *Limiter) ReserveN(t time.Time, n int) *rate.Reservation {
	r := l.limiter().ReserveN(t, n)
	l.check(context.Background(), t, l.outcome(r.OK() && r.DelayFrom(t) == 0))
	return r
}

// Wait is [Limiter.WaitN] of one token.
func (l *Limiter) Wait(ctx context.Context) error { return l.WaitN(ctx, 1) }

// WaitN waits until n tokens may be taken and takes them, as [rate.Limiter.WaitN]
// does; its errors are passed on as they are. The check is recorded at the end of
// the wait.
func (l *Limiter) WaitN(ctx context.Context, n int) error {
	err := l.limiter().WaitN(ctx, n)
	outcome := l.outcome(err == nil)
	// The limiter passes on the context's own error when that is over, and has
	// errors of its own for a burst that is too small and for a deadline that is
	// too near: those are refusals.
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		outcome = semconv.RateLimitOutcomeCanceled
	}
	l.check(ctx, time.Now(), outcome)
	return err
}

// outcome is what a check is recorded as that was let through or was not.
func (l *Limiter) outcome(ok bool) semconv.RateLimitOutcome {
	if !ok || l == nil {
		return semconv.RateLimitOutcomeLimited
	}
	return l.granted
}

// check records one check.
func (l *Limiter) check(ctx context.Context, t time.Time, outcome semconv.RateLimitOutcome) {
	if l == nil {
		return
	}
	l.handle.Check(ctx, outcome)
	l.usage.changed(ctx, t)
}

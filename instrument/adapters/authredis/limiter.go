// SPDX-License-Identifier: Apache-2.0

package authredis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Limiter is a limiter whose checks are recorded. All methods are safe for
// concurrent use; nil is a limiter without anybody to ask. Each returns a result that is never nil and is the answer,
// whatever the error: where Redis gave none, it is what the policy says (see
// [WithFailOpen]). The error is what Redis or its client said, for a log.
type Limiter struct {
	limiter *redis_rate.Limiter
	handle  *instrument.RateLimit
	open    bool
	usage   usage
}

// Option configures a [Limiter].
type Option interface{ apply(*Limiter) }

type optionFunc func(*Limiter)

func (f optionFunc) apply(l *Limiter) { f(l) }

// WithFailOpen lets requests through when Redis gives no answer: all that was
// asked for is allowed, and recorded as fail_open. Default: none of it, recorded
// as fail_closed, with a second to wait until the next try.
func WithFailOpen() Option { return optionFunc(func(l *Limiter) { l.open = true }) }

// New returns a limiter that asks the given one and records each check on the
// handle. The given one may go on being used, as to reset a key; what is asked
// of it directly is not recorded.
//
// Without a limiter every check is one without an answer. Without a handle
// nothing is recorded.
func New(limiter *redis_rate.Limiter, handle *instrument.RateLimit, opts ...Option) *Limiter {
	l := &Limiter{limiter: limiter, handle: handle, usage: usage{handle: handle}}
	for _, o := range opts {
		if o != nil {
			o.apply(l)
		}
	}
	return l
}

// Allow is [Limiter.AllowN] of one event.
func (l *Limiter) Allow(ctx context.Context, key string, limit redis_rate.Limit) (*redis_rate.Result, error) {
	return l.AllowN(ctx, key, limit, 1)
}

// AllowN asks whether n events may happen now: all of them or none.
func (l *Limiter) AllowN(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	return l.check(ctx, limit, n, n, func() (*redis_rate.Result, error) {
		return l.limiter.AllowN(ctx, key, limit, n)
	})
}

// AllowAtMost asks how many of n events may happen now.
func (l *Limiter) AllowAtMost(ctx context.Context, key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	return l.check(ctx, limit, n, min(n, limit.Burst), func() (*redis_rate.Result, error) {
		return l.limiter.AllowAtMost(ctx, key, limit, n)
	})
}

// check asks for n events and records the answer. most is how many there are to
// be had from a bucket that nobody has used.
func (l *Limiter) check(ctx context.Context, limit redis_rate.Limit, n, most int, ask func() (*redis_rate.Result, error)) (*redis_rate.Result, error) {
	if l == nil {
		l = &Limiter{}
	}
	over := ctx != nil && ctx.Err() != nil // before anything was asked
	res, err := l.answer(ask)
	outcome := semconv.RateLimitOutcomeLimited
	switch {
	case err != nil && ctx != nil && errors.Is(ctx.Err(), context.Canceled):
		res, outcome = closed(limit), semconv.RateLimitOutcomeCanceled
	case err != nil && over:
		res, outcome = closed(limit), semconv.RateLimitOutcomeFailClosed
	case err != nil:
		res, outcome = l.policy(limit, most)
	case res.Allowed > 0:
		outcome = semconv.RateLimitOutcomeAllowed
	}
	if n > 0 {
		l.handle.Check(ctx, outcome)
	}
	if err == nil {
		l.usage.seen(ctx, res)
	}
	return res, err
}

var errNoLimiter = errors.New("authredis: there is no limiter to ask")

// answer asks. The limiter panics at a reply that it does not understand, such
// as a proxy's, and that is no answer either.
func (l *Limiter) answer(ask func() (*redis_rate.Result, error)) (res *redis_rate.Result, err error) {
	if l.limiter == nil {
		return nil, errNoLimiter
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("authredis: the limiter panicked: %v", p)
		}
	}()
	return ask()
}

// retryAfter is when to try again while Redis gives no answer.
const retryAfter = time.Second

// policy is the answer when Redis gives none.
func (l *Limiter) policy(limit redis_rate.Limit, most int) (*redis_rate.Result, semconv.RateLimitOutcome) {
	if l.open {
		return &redis_rate.Result{Limit: limit, Allowed: max(0, most), RetryAfter: -1}, semconv.RateLimitOutcomeFailOpen
	}
	return closed(limit), semconv.RateLimitOutcomeFailClosed
}

// closed is the answer no. It is also the answer where the caller has gone or left
// no time to ask, whatever the policy: hanging up must not get anybody past a limit.
func closed(limit redis_rate.Limit) *redis_rate.Result {
	return &redis_rate.Result{Limit: limit, RetryAfter: retryAfter, ResetAfter: retryAfter}
}

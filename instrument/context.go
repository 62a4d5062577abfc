// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Fail says from inside a handler why the request is refused. A middleware
// further out that records the request, such as authhttp.NewMiddleware, then
// records a failure for this reason, whatever the status of the answer is. Call
// it when the request is refused for good: a credential that is tried in vain
// before another one works is no failure.
//
// The first call for a request wins, since the code that is closest to the cause
// knows it best: a general error handler further out does not overwrite what the
// check of the token said. Where several middlewares record one request on
// different handles, all of them hear it.
//
// A reason outside the enum is [semconv.ReasonOther]. Without a middleware, or
// after it has recorded, the call does nothing. It allocates nothing and is safe
// for concurrent use.
func Fail(ctx context.Context, reason semconv.Reason) {
	for c := pendingIn(ctx); c != nil; c = c.outer {
		c.failed.CompareAndSwap(0, 1+uint32(reason))
	}
}

// Handle is a handle that a middleware records requests on: an [Attempts], an
// [Authorization], a [RateLimit] or one operation of [TokenOperations].
type Handle interface {
	recordRequest(ctx context.Context, d time.Duration, err error)
}

// Pending is a request under way that a middleware is going to record. It is
// for authors of middleware and interceptors:
//
//	if instrument.IsPending(ctx, handle) {
//		return next(ctx) // a middleware further out records it
//	}
//	ctx, pending := instrument.NewPending(ctx, handle)
//	start := time.Now()
//	err := next(ctx)
//	if refused := pending.Err(); refused != nil {
//		err = refused
//	}
//	pending.Record(time.Since(start), err)
//
// Make it with [NewPending], or embed it in a struct and call [Pending.Begin],
// which spares an allocation. It must not be copied after that.
type Pending struct{ ctx pendingContext }

// NewPending returns a context through which [Fail] reaches the Pending, and the
// Pending. The handle is the one that the request will be recorded on.
func NewPending(ctx context.Context, on Handle) (context.Context, *Pending) {
	p := new(Pending)
	return p.Begin(ctx, on), p
}

// Begin is [NewPending] for a Pending that lies in a struct of the caller's.
// Call it once, before anything else.
func (p *Pending) Begin(ctx context.Context, on Handle) context.Context {
	p.ctx.Context = ctx
	p.ctx.outer = pendingIn(ctx)
	p.ctx.on = on
	return &p.ctx
}

// Err returns what [Fail] said first: a [Failure] with the reason, or nil if it
// was not called. It is safe for concurrent use; a nil Pending has no error.
func (p *Pending) Err() error {
	if p == nil {
		return nil
	}
	if f := p.ctx.failed.Load(); f != 0 {
		return Failure(semconv.Reason(f - 1))
	}
	return nil
}

// Record records the request on its handle: that it took d and what it came to,
// said by an error as in [Attempts]. Call it once, at the end; what [Fail] said
// is for the caller to ask ([Pending.Err]). On an [Authorization], success is
// the decision allow, a failure policy_denied is deny, an error error, and
// anything else, as a client that nobody knows or that went away, is abstain. On
// a [RateLimit], a failure rate_limited is limited, an error canceled is
// canceled, and anything else allowed; d is not recorded there, nor with
// operations on tokens.
func (p *Pending) Record(d time.Duration, err error) {
	if p != nil && p.ctx.on != nil {
		p.ctx.on.recordRequest(&p.ctx, d, err)
	}
}

// IsPending reports whether a middleware further out is going to record the
// request on this very handle. The inner one then leaves it alone, so that a
// request counts once: the outer one sees more of it.
func IsPending(ctx context.Context, on Handle) bool {
	for c := pendingIn(ctx); c != nil; c = c.outer {
		if c.on == on {
			return true
		}
	}
	return false
}

// pendingContext is the context of a Pending. Being a part of it, it costs no
// allocation of its own.
type pendingContext struct {
	context.Context
	outer  *pendingContext
	on     Handle
	failed atomic.Uint32 // 1 + semconv.Reason, 0 before the first Fail
}

type pendingKey struct{}

func (c *pendingContext) Value(key any) any {
	if key == (pendingKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func pendingIn(ctx context.Context) *pendingContext {
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(pendingKey{}).(*pendingContext)
	return c
}

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

// Authenticated says from inside a handler that the attempt to authenticate is
// over: nil if the caller was let in, else why not, an error as in [Attempts]. A
// middleware further out that records attempts then records this one now, with the
// time until now; how the request goes on is not part of it any more. Call it where
// the check is followed by work that may fail for its own reasons, as in a reverse
// proxy.
//
// The first call for a request counts, and [Fail] before it is overruled. It ends
// every attempt that is pending: where a second check follows, such as a password
// after a good token, say Authenticated(ctx, nil) after the first, before the
// second begins. Without a middleware the call does nothing. It is safe for
// concurrent use.
func Authenticated(ctx context.Context, err error) {
	for c := pendingIn(ctx); c != nil; c = c.outer {
		if _, ok := c.on.(*Attempts); ok {
			c.end(err)
		}
	}
}

// Authorized is [Authenticated] for an access decision: a middleware further out
// that records decisions records this one now.
func Authorized(ctx context.Context, decision semconv.Decision) {
	for c := pendingIn(ctx); c != nil; c = c.outer {
		if h, ok := c.on.(*Authorization); ok && !c.ended.Swap(true) {
			h.Record(c, monotonic()-c.start, decision)
		}
	}
}

// Handle is a handle that a middleware records requests on: an [Attempts], an
// [Authorization], a [RateLimit] or one operation of [TokenOperations]. On an
// Authorization, a request that came to success is the decision allow, a failure
// policy_denied is deny, an error is error, save canceled, and anything else, as a
// client that nobody knows or that went away, is abstain. On a RateLimit, a failure
// rate_limited is limited, an error canceled is canceled, and anything else allowed.
type Handle interface {
	recordRequest(ctx context.Context, d time.Duration, err error)
}

// Enabled reports whether anything is recorded on the handle, which is not so with
// a nil one of whatever kind: a middleware then has nothing to do.
func Enabled(h Handle) bool {
	switch h := h.(type) {
	case nil:
		return false
	case *Attempts:
		return h != nil
	case *Authorization:
		return h != nil
	case *RateLimit:
		return h != nil
	}
	return true
}

// Pending is a request under way that a middleware is going to record. It is
// for authors of middleware and interceptors:
//
//	if instrument.IsPending(ctx, handle) {
//		return next(ctx) // a middleware further out records it
//	}
//	ctx, pending := instrument.NewPending(ctx, handle)
//	err := next(ctx)
//	if refused := pending.Err(); refused != nil {
//		err = refused
//	}
//	pending.End(err)
//
// Make it with [NewPending], or embed it in a struct and call [Pending.Begin],
// which spares an allocation. It must not be copied after that.
type Pending struct{ ctx pendingContext }

// NewPending returns a context through which [Fail], [Authenticated] and
// [Authorized] reach the Pending, and the Pending. The handle is the one that the
// request will be recorded on; its duration counts from here.
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
	p.ctx.start = monotonic()
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

// End records the request on its handle, with the time since Begin and what it came
// to, said by an error as in [Attempts]. What [Fail] said is for the caller to ask
// ([Pending.Err]). Where the request was recorded already, because the handler said
// [Authenticated] or End was called before, it does nothing. It is safe for
// concurrent use.
func (p *Pending) End(err error) {
	if p != nil && p.ctx.on != nil {
		p.ctx.end(err)
	}
}

// IsPending reports whether a middleware further out is going to record the
// request on this very handle, or has recorded it. The inner one then leaves it
// alone, so that a request counts once: the outer one sees more of it. Work that
// outlives the request and is to be recorded by itself needs a context of its own.
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
	start  time.Duration // monotonic
	failed atomic.Uint32 // 1 + semconv.Reason, 0 before the first Fail
	ended  atomic.Bool   // recorded
}

func (c *pendingContext) end(err error) {
	if !c.ended.Swap(true) {
		c.on.recordRequest(c, monotonic()-c.start, err)
	}
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

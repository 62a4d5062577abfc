// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"
)

// Caller says who tries, for observers alone. Every field may be empty.
type Caller struct {
	// Source is the address that the attempt came from. Middleware takes it from
	// the connection, or from what declared proxies say.
	Source netip.Addr

	// Host names the source where no address is known, as in a log with names.
	// It counts only if Source is invalid.
	Host string

	// Subject is who the attempt claims to be: the user name, the client id.
	Subject string

	// Session is the id of the session or of the token, never the token itself: a
	// jti, a key of the session store.
	Session string

	// Time is when it happened, if not now: for whoever reads a log.
	Time time.Time
}

// WithCaller returns a context that says who tries. What is recorded with it, or
// with one derived from it, reaches the observers with the Caller, as later calls
// of [Identify] have completed it. Without an observer ([Service.Observed]) it is not
// needed. It takes the place of a Caller further out.
func WithCaller(ctx context.Context, c Caller) context.Context {
	h := &callerContext{Context: ctx}
	h.caller.Store(&c)
	return h
}

// WithSource is [WithCaller] for middleware: it returns a context that says which
// address calls, unless ctx has a Caller already.
func WithSource(ctx context.Context, source netip.Addr) context.Context {
	if callerHolder(ctx) != nil {
		return ctx
	}
	return WithCaller(ctx, Caller{Source: source})
}

// Identify says who the attempt claims to be, from where it is known: inside a
// handler, after the form or the token was read. It completes the Caller that a
// middleware or [WithCaller] put into the context, also for whoever records further
// out. An empty string leaves what was said before. Without a Caller in the
// context it does nothing. It is safe for concurrent use.
func Identify(ctx context.Context, subject, session string) {
	h := callerHolder(ctx)
	if h == nil {
		return
	}
	for {
		old := h.caller.Load()
		c := *old
		if subject != "" {
			c.Subject = subject
		}
		if session != "" {
			c.Session = session
		}
		if h.caller.CompareAndSwap(old, &c) {
			return
		}
	}
}

// callerContext is the context that bears a Caller.
type callerContext struct {
	context.Context
	caller atomic.Pointer[Caller]
}

type callerKey struct{}

func (c *callerContext) Value(key any) any {
	if key == (callerKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func callerHolder(ctx context.Context) *callerContext {
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(callerKey{}).(*callerContext)
	return c
}

func callerIn(ctx context.Context) Caller {
	if c := callerHolder(ctx); c != nil {
		return *c.caller.Load()
	}
	return Caller{}
}

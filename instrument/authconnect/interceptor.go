// SPDX-License-Identifier: Apache-2.0

package authconnect

import (
	"context"
	"net/http"

	"connectrpc.com/connect"

	"github.com/datapunk/otelauth/instrument"
)

// Interceptor is a [connect.Interceptor] that records the RPCs of handlers and the
// calls of clients. It is safe for concurrent use; a nil one records nothing.
type Interceptor struct {
	config
	handle instrument.Handle
	svc    *instrument.Service // picks the handle by the credential, if not nil
}

var _ connect.Interceptor = (*Interceptor)(nil)

// NewInterceptor returns an interceptor that records every RPC on the handle: on an
// [instrument.Attempts] or an operation of [instrument.TokenOperations] with the
// outcome that the package documentation describes, on an [instrument.Authorization]
// as a decision and on an [instrument.RateLimit] as a check, as
// [instrument.Handle] reads them from it. A nil handle records nothing.
func NewInterceptor(handle instrument.Handle, opts ...Option) *Interceptor {
	return &Interceptor{config: newConfig(opts), handle: handle}
}

// NewServiceInterceptor is [NewInterceptor] for handlers that take credentials of
// several kinds. Each RPC is recorded as an attempt on the handle of the kind that
// it bears (see [authhttp.Sniff]): Basic as method password, a bearer token as
// [WithBearerMethod] or [WithBearerToken] says, an API key as api_key, a session
// cookie as session, another scheme as _OTHER. Connect does not show a client
// certificate. An RPC that bears none is recorded with method none, and with
// result none where it would have been a success: use [WithFilter] to leave out
// public procedures. On a client it records nothing, and with a nil Service neither.
func NewServiceInterceptor(svc *instrument.Service, opts ...Option) *Interceptor {
	return &Interceptor{config: newConfig(opts), svc: svc}
}

// WrapUnary implements [connect.Interceptor].
func (i *Interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		if req.Spec().IsClient {
			return i.callUnary(ctx, req, next)
		}
		c := i.begin(ctx, req.Spec(), req.Header())
		if c == nil {
			return next(ctx, req)
		}
		defer c.end()
		resp, err := next(c.ctx, req)
		c.err, c.returned = err, true
		return resp, err
	}
}

// WrapStreamingHandler implements [connect.Interceptor].
func (i *Interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		c := i.begin(ctx, conn.Spec(), conn.RequestHeader())
		if c == nil {
			return next(ctx, conn)
		}
		defer c.end()
		err := next(c.ctx, conn)
		c.err, c.returned = err, true
		return err
	}
}

// Gate returns a gate for [connect.WithRequestGate] that records what the given one
// decides, with the duration of that. Once it has let an RPC in, interceptors on the
// same handle leave the RPC alone. A nil gate lets everything in.
func (i *Interceptor) Gate(gate connect.RequestGateFunc) connect.RequestGateFunc {
	return func(ctx context.Context, spec connect.Spec, peer connect.Peer, header http.Header) (context.Context, error) {
		c := i.begin(ctx, spec, header)
		if c != nil {
			ctx = c.ctx
			defer c.end()
		}
		inner, err := ctx, error(nil)
		if gate != nil {
			inner, err = gate(ctx, spec, peer, header)
		}
		if inner == nil {
			inner = ctx
		}
		if c != nil {
			c.err, c.returned = err, true
		}
		return inner, err
	}
}

// begin returns the RPC of a handler that is to be recorded, or nil for one that is
// not. The header is looked at now, since a handler may take the credential off.
func (i *Interceptor) begin(ctx context.Context, spec connect.Spec, header http.Header) *call {
	if i == nil || i.svc == nil && !instrument.Enabled(i.handle) || !i.records(ctx, spec) {
		return nil
	}
	kind := i.sniff(header)
	on := i.handle
	if i.svc != nil {
		on = i.bearer.Of(i.svc, kind, i.credential)
	}
	if instrument.IsPending(ctx, on) {
		return nil
	}
	c := &call{bears: i.bears(kind), needed: i.svc != nil}
	c.ctx = c.pending.Begin(ctx, on)
	return c
}

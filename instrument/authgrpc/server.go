// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"

	"google.golang.org/grpc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/internal/credential"
)

// ServerInterceptor records the RPCs of a server. Its methods Unary and Stream are
// interceptors for [grpc.ChainUnaryInterceptor] and [grpc.ChainStreamInterceptor],
// to be given first. It is safe for concurrent use; a nil one records nothing.
type ServerInterceptor struct {
	config
	handle instrument.Handle
	svc    *instrument.Service // picks the handle by the credential, if not nil
}

// NewServerInterceptor returns an interceptor that records every RPC on the handle:
// on an [instrument.Attempts] or an operation on tokens with the outcome that the
// package documentation describes, on an [instrument.Authorization] as a decision,
// on an [instrument.RateLimit] as a check. A nil handle records nothing.
func NewServerInterceptor(handle instrument.Handle, opts ...Option) *ServerInterceptor {
	return &ServerInterceptor{config: newConfig(opts), handle: handle}
}

// NewServiceInterceptor is [NewServerInterceptor] for a server that takes
// credentials of several kinds. Each RPC is recorded as an attempt on the handle of
// the kind that it bears: metadata "authorization" with the scheme Basic as method
// password, with Bearer as [WithBearerMethod] or [WithBearerToken] says, with
// another scheme as _OTHER; an API key (see [WithAPIKeyMetadata]) as api_key; a TLS
// client certificate as mtls. It comes last, since the connection often has that of
// a gateway. What a credential holds is not read, only that it is not empty. An RPC
// that bears none is recorded with method none, and with result none where it
// would have been a success: use [WithFilter] to leave out public methods. A handle
// is bound at the first RPC of its kind. A nil Service records nothing.
func NewServiceInterceptor(svc *instrument.Service, opts ...Option) *ServerInterceptor {
	return &ServerInterceptor{config: newConfig(opts), svc: svc}
}

// Unary is a [grpc.UnaryServerInterceptor].
func (i *ServerInterceptor) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	c := i.begin(ctx, info.FullMethod)
	if c == nil {
		return handler(ctx, req)
	}
	defer c.end()
	resp, err := handler(c.ctx, req)
	c.err, c.returned = err, true
	return resp, err
}

// Stream is a [grpc.StreamServerInterceptor].
func (i *ServerInterceptor) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	c := i.begin(stream.Context(), info.FullMethod)
	if c == nil {
		return handler(srv, stream)
	}
	defer c.end()
	c.ServerStream = stream
	err := handler(srv, c)
	c.err, c.returned = err, true
	return err
}

// begin returns the RPC that is to be recorded, or nil for one that is not.
func (i *ServerInterceptor) begin(ctx context.Context, method string) *call {
	if i == nil || i.svc == nil && !instrument.Enabled(i.handle) || !i.records(ctx, method) {
		return nil
	}
	on, missing := i.handle, false
	if i.svc != nil {
		kind := i.sniff(ctx)
		on, missing = i.bearer.Of(i.svc, kind, i.credential), kind == credential.None && !i.credential
	}
	if instrument.IsPending(ctx, on) {
		return nil
	}
	if instrument.Observed(on) {
		ctx = instrument.WithSource(ctx, source(ctx))
	}
	c := &call{interceptor: i, missing: missing}
	c.ctx = c.pending.Begin(ctx, on)
	return c
}

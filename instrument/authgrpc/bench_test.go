// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

var (
	refused = status.Error(codes.Unauthenticated, "")
	absent  = status.Error(codes.NotFound, "")
)

// costs are interceptors around handlers, and the most allocations that each may
// have over the bare handler: one for the call, one to look for a credential and one
// to say what the status of an error comes to.
func costs(svc *instrument.Service) []cost {
	jwt := authgrpc.NewServerInterceptor(svc.Authentication(semconv.MethodJWT))
	return []cost{
		{"bare", nil, nil, 0},
		{"attempts", jwt, nil, 1},
		{"service", authgrpc.NewServiceInterceptor(svc), nil, 2},
		{"authorize", authgrpc.NewServerInterceptor(svc.Authorization(semconv.EnforcementEnforced)), nil, 1},
		{"rate_limit", authgrpc.NewServerInterceptor(svc.RateLimit("minute")), nil, 1},
		{"fail", jwt, fails(refused, semconv.ReasonExpired), 1},
		{"reason", jwt, fails(expired), 2},
		{"not_found", jwt, fails(absent), 2},
		{"refused", jwt, fails(refused), 3},
	}
}

type cost struct {
	name    string
	i       *authgrpc.ServerInterceptor
	handler func(context.Context) error
	most    float64
}

func (c cost) unary(ctx context.Context) func() {
	info := &grpc.UnaryServerInfo{FullMethod: unary}
	handler := func(ctx context.Context, req any) (any, error) {
		if c.handler == nil {
			return req, nil
		}
		return nil, c.handler(ctx)
	}
	return func() { _, _ = c.i.Unary(ctx, nil, info, handler) }
}

func (c cost) stream(ctx context.Context) func() {
	info := &grpc.StreamServerInfo{FullMethod: bidi}
	var stream grpc.ServerStream = serverStream{ctx: ctx}
	handler := func(_ any, s grpc.ServerStream) error {
		if c.handler == nil {
			return nil
		}
		return c.handler(s.Context())
	}
	return func() { _ = c.i.Stream(nil, stream, info, handler) }
}

func BenchmarkServer(b *testing.B) {
	rec, got := instrumenttest.New(b)
	got.WantNothingElse() // collected once, as any recorder that runs for longer than an interval
	ctx := incoming(b.Context(), "authorization", "Bearer a.b.c")
	for _, c := range costs(rec.Service("api")) {
		for kind, run := range map[string]func(){"unary": c.unary(ctx), "stream": c.stream(ctx)} {
			b.Run(kind+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}

func BenchmarkClient(b *testing.B) {
	rec, got := instrumenttest.New(b)
	got.WantNothingElse()
	recorded := authgrpc.NewClientInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
	for name, i := range map[string]*authgrpc.ClientInterceptor{"bare": nil, "attempts": recorded} {
		b.Run(name, func(b *testing.B) {
			run := invoke(b.Context(), i)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

func invoke(ctx context.Context, i *authgrpc.ClientInterceptor) func() {
	invoker := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return nil }
	return func() { _ = i.Unary(ctx, unary, nil, nil, nil, invoker) }
}

func TestAllocations(t *testing.T) {
	rec, _ := instrumenttest.New(t)
	ctx := incoming(t.Context(), "authorization", "Bearer a.b.c")
	for _, c := range costs(rec.Service("api")) {
		for kind, run := range map[string]func(){"unary": c.unary(ctx), "stream": c.stream(ctx)} {
			run() // binds the handle
			if n := testing.AllocsPerRun(200, run); n > c.most {
				t.Errorf("%s, %s: %v allocations, want %v at most", kind, c.name, n, c.most)
			}
		}
	}
	run := invoke(t.Context(), authgrpc.NewClientInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess)))
	if n := testing.AllocsPerRun(200, run); n > 1 {
		t.Errorf("client: %v allocations, want 1 at most", n)
	}
}

// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// check is what a service's own interceptor does.
func check(ctx context.Context) error {
	switch token := metadata.ValueFromIncomingContext(ctx, "authorization"); {
	case len(token) == 0:
		return status.Error(codes.Unauthenticated, "who is there?")
	case token[0] == "Bearer expired":
		instrument.Fail(ctx, semconv.ReasonExpired)
		return status.Error(codes.Unauthenticated, "token refused")
	case token[0] == "Bearer locked":
		return instrument.WithReason(status.Error(codes.PermissionDenied, "account refused"), semconv.ReasonLocked)
	case token[0] != "Bearer good":
		return status.Error(codes.Unauthenticated, "token refused")
	}
	return nil
}

func checkUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := check(ctx); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func checkStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if err := check(stream.Context()); err != nil {
		return err
	}
	return handler(srv, stream)
}

// Before the service's own interceptor everything is seen, after it nothing but
// those that it let in. The client gets the same.
func TestOrder(t *testing.T) {
	type outcomes map[error]int64
	for name, tt := range map[string]struct {
		chain func(*authgrpc.ServerInterceptor) []grpc.ServerOption
		want  outcomes
	}{
		"first": {func(i *authgrpc.ServerInterceptor) []grpc.ServerOption {
			return []grpc.ServerOption{grpc.ChainUnaryInterceptor(i.Unary, checkUnary), grpc.ChainStreamInterceptor(i.Stream, checkStream)}
		}, outcomes{nil: 4, invalid: 4, expired: 4, locked: 4, instrument.ErrNoCredential: 4}},
		"last": {func(i *authgrpc.ServerInterceptor) []grpc.ServerOption {
			return []grpc.ServerOption{grpc.ChainUnaryInterceptor(checkUnary, i.Unary), grpc.ChainStreamInterceptor(checkStream, i.Stream)}
		}, outcomes{nil: 4}},
		"both": {func(i *authgrpc.ServerInterceptor) []grpc.ServerOption {
			return []grpc.ServerOption{grpc.ChainUnaryInterceptor(i.Unary, checkUnary, i.Unary), grpc.ChainStreamInterceptor(i.Stream, checkStream, i.Stream)}
		}, outcomes{nil: 4, invalid: 4, expired: 4, locked: 4, instrument.ErrNoCredential: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewServerInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
			conn, _ := serve(t, func(context.Context) error { return nil }, tt.chain(i))
			for _, method := range []string{unary, server, client, bidi} {
				for token, want := range map[string]codes.Code{
					"good": codes.OK, "bad": codes.Unauthenticated, "expired": codes.Unauthenticated,
					"locked": codes.PermissionDenied, "": codes.Unauthenticated,
				} {
					ctx := t.Context()
					if token != "" {
						ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
					}
					if code := status.Code(call(ctx, conn, method)); code != want {
						t.Errorf("%s with the token %q: %v, want %v", method, token, code, want)
					}
				}
			}
			for outcome, n := range tt.want {
				got.WantTokenVerifications(n, semconv.TokenTypeAccess, outcome)
			}
			got.WantNothingElse()
		})
	}
}

// An RPC counts once a handle, and what Fail says is heard by all of them.
func TestNesting(t *testing.T) {
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	tokens := authgrpc.NewServerInterceptor(svc.TokenVerification(semconv.TokenTypeAccess))
	again := authgrpc.NewServerInterceptor(svc.TokenVerification(semconv.TokenTypeAccess))
	limit := authgrpc.NewServerInterceptor(svc.RateLimit("burst"))
	conn, _ := serve(t, fails(status.Error(codes.NotFound, ""), semconv.ReasonRateLimited), []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(tokens.Unary, limit.Unary, again.Unary, limit.Unary),
		grpc.ChainStreamInterceptor(tokens.Stream, limit.Stream, again.Stream, limit.Stream),
	})
	for _, method := range []string{unary, bidi} {
		if code := status.Code(call(t.Context(), conn, method)); code != codes.NotFound {
			t.Errorf("%s: %v", method, code)
		}
	}
	got.WantTokenVerifications(2, semconv.TokenTypeAccess, limited)
	got.WantRateLimitChecks(2, "burst", semconv.RateLimitOutcomeLimited)
	got.WantNothingElse()
}

// A client that goes away while the handler is at work.
func TestClientGoesAway(t *testing.T) {
	for _, method := range []string{unary, server, client, bidi} {
		rec, got := instrumenttest.New(t)
		i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
		ctx, cancel := context.WithCancel(t.Context())
		conn, stop := serve(t, func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return errors.New("the work was broken off")
		}, []grpc.ServerOption{grpc.UnaryInterceptor(i.Unary), grpc.StreamInterceptor(i.Stream)})
		if code := status.Code(call(bearer(ctx), conn, method)); code != codes.Canceled {
			t.Errorf("%s: %v", method, code)
		}
		stop()
		got.WantAttempts(1, semconv.MethodJWT, canceled)
		got.WantNothingElse()
	}
}

func TestFilter(t *testing.T) {
	rec, got := instrumenttest.New(t)
	type key struct{}
	is := func(want string) authgrpc.Option {
		return authgrpc.WithFilter(func(ctx context.Context, method string) bool {
			return ctx.Value(key{}) == "seen" && strings.Contains(method, want)
		})
	}
	i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodJWT),
		is("Door"), nil, authgrpc.WithFilter(nil), is("Unary"))
	for _, method := range []string{unary, "/test.Wall/Unary", bidi} {
		for _, value := range []string{"seen", "not seen"} {
			ctx := context.WithValue(t.Context(), key{}, value)
			if _, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(context.Context, any) (any, error) { return nil, nil }); err != nil {
				t.Error(err)
			}
			if err := i.Stream(nil, serverStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: method}, func(any, grpc.ServerStream) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	}
	got.WantAttempts(2, semconv.MethodJWT, nil) // the unary method by both ways
	got.WantNothingElse()
}

// Nothing to record on is nothing in the way.
func TestNilHandle(t *testing.T) {
	var rec *instrument.Recorder
	boom := errors.New("boom")
	for name, i := range map[string]*authgrpc.ServerInterceptor{
		"nil":       nil,
		"handle":    authgrpc.NewServerInterceptor(nil),
		"attempts":  authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodJWT)),
		"operation": authgrpc.NewServerInterceptor(rec.Service("api").TokenOperations(0).Operation(0)),
		"service":   authgrpc.NewServiceInterceptor(rec.Service("api")),
	} {
		t.Run(name, func(t *testing.T) {
			both(t, i, t.Context(), func(context.Context) error { return boom })
		})
	}
}

func TestConcurrentSafe(t *testing.T) {
	const clients, each = 8, 20
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	tokens, limit := authgrpc.NewServiceInterceptor(svc), authgrpc.NewServerInterceptor(svc.RateLimit("burst"))
	calls := authgrpc.NewClientInterceptor(svc.TokenVerification(semconv.TokenTypeAccess))
	conn, _ := serve(t, func(ctx context.Context) error {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { instrument.Fail(ctx, semconv.ReasonRateLimited) })
		}
		wg.Wait()
		return nil
	}, []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(tokens.Unary, limit.Unary),
		grpc.ChainStreamInterceptor(tokens.Stream, limit.Stream),
	}, grpc.WithChainUnaryInterceptor(calls.Unary), grpc.WithChainStreamInterceptor(calls.Stream))
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				for _, method := range []string{unary, server, client, bidi} {
					if err := call(bearer(t.Context()), conn, method); err != nil {
						t.Errorf("%s: %v", method, err)
					}
				}
			}
		})
	}
	wg.Wait()
	got.WantAttempts(4*clients*each, semconv.MethodOpaqueToken, limited)
	got.WantRateLimitChecks(4*clients*each, "burst", semconv.RateLimitOutcomeLimited)
	got.WantTokenVerifications(4*clients*each, semconv.TokenTypeAccess, nil)
	got.WantNothingElse()
	got.WantNowhere("s3cr3t", "test.Door")
}

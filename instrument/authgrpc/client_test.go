// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// dialing are the options of a client that is recorded.
func dialing(i *authgrpc.ClientInterceptor) []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(i.Unary), grpc.WithChainStreamInterceptor(i.Stream)}
}

// Every code by every kind of method. A code that says nothing is no success here.
func TestClientCodes(t *testing.T) {
	for code := codes.OK; code < numCodes; code++ {
		t.Run(code.String(), func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewClientInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
			conn, _ := serve(t, func(context.Context) error { return status.Error(code, "s3cr3t") }, nil, dialing(i)...)
			for _, method := range []string{unary, server, client, bidi} {
				err := call(t.Context(), conn, method)
				if s := status.Convert(err); s.Code() != code || code != codes.OK && s.Message() != "s3cr3t" {
					t.Errorf("%s: the caller got %v", method, err)
				}
			}
			want, ok := telling[code]
			if code != codes.OK && !ok {
				want = unknown
				got.Want(collapsed, 4, reasons)
			}
			got.WantTokenVerifications(4, semconv.TokenTypeAccess, want)
			got.Want("auth.token.verification.duration", 4)
			got.WantNothingElse()
			got.WantNowhere("s3cr3t", "test.Door")
		})
	}
}

// A server that cannot be reached is no failure of anybody who logs in.
func TestUnreachable(t *testing.T) {
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	issue := authgrpc.NewClientInterceptor(svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue))
	logins := authgrpc.NewClientInterceptor(svc.Authentication(semconv.MethodPassword))
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lis.Close() // and nobody listens any more
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(issue.Unary, logins.Unary), grpc.WithChainStreamInterceptor(issue.Stream, logins.Stream))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, method := range []string{unary, server, client, bidi} {
		if code := status.Code(call(t.Context(), conn, method)); code != codes.Unavailable {
			t.Errorf("%s: %v", method, code)
		}
	}
	got.WantTokenOperations(4, semconv.TokenTypeAccess, semconv.TokenOperationIssue, down)
	got.WantAttempts(4, semconv.MethodPassword, down)
	got.WantNothingElse()
}

func TestClientThatGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		ctx  func(context.Context) context.Context
		want error
	}{
		"canceled": {func(ctx context.Context) context.Context { return over(ctx, context.Canceled) }, canceled},
		"late":     {func(ctx context.Context) context.Context { return over(ctx, context.DeadlineExceeded) }, late},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewClientInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
			conn, _ := serve(t, func(context.Context) error { return nil }, nil, dialing(i)...)
			for _, method := range []string{unary, bidi} {
				if err := call(tt.ctx(t.Context()), conn, method); err == nil {
					t.Errorf("%s: no error", method)
				}
			}
			got.WantAttempts(2, semconv.MethodPassword, tt.want)
			got.WantNothingElse()
		})
	}
}

// A stream counts once, in whichever way it ends.
func TestClientStreamEnds(t *testing.T) {
	refused := status.Error(codes.Unauthenticated, "")
	recv := func(t *testing.T, s grpc.ClientStream) error {
		t.Helper()
		return s.RecvMsg(new(wrapperspb.StringValue))
	}
	send := func(t *testing.T, s grpc.ClientStream) {
		t.Helper()
		if err := s.SendMsg(wrapperspb.String("")); err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("SendMsg: %v", err)
		}
	}
	for name, tt := range map[string]struct {
		answer error
		end    func(t *testing.T, s grpc.ClientStream, cancel func(), conn *grpc.ClientConn)
		want   error
	}{
		"read to the end, and again": {nil, func(t *testing.T, s grpc.ClientStream, _ func(), _ *grpc.ClientConn) {
			send(t, s)
			if err := recv(t, s); err != nil {
				t.Errorf("RecvMsg: %v", err)
			}
			for range 2 {
				if err := recv(t, s); !errors.Is(err, io.EOF) {
					t.Errorf("RecvMsg at the end: %v", err)
				}
			}
		}, nil},
		"refused, and canceled after that": {refused, func(t *testing.T, s grpc.ClientStream, cancel func(), _ *grpc.ClientConn) {
			send(t, s)
			if code := status.Code(recv(t, s)); code != codes.Unauthenticated {
				t.Errorf("RecvMsg: %v", code)
			}
			cancel()
			_ = recv(t, s)
		}, invalid},
		"seen by Header alone": {refused, func(t *testing.T, s grpc.ClientStream, _ func(), _ *grpc.ClientConn) {
			send(t, s)
			if md, err := s.Header(); md != nil || err != nil {
				t.Errorf("Header: %v, %v", md, err)
			}
		}, invalid},
		"a message that cannot be sent": {nil, func(t *testing.T, s grpc.ClientStream, _ func(), _ *grpc.ClientConn) {
			if code := status.Code(s.SendMsg("no message")); code != codes.Internal {
				t.Errorf("SendMsg: %v", code)
			}
		}, internal},
		"canceled, and never read": {nil, func(_ *testing.T, _ grpc.ClientStream, cancel func(), _ *grpc.ClientConn) { cancel() }, canceled},
		"its connection closed, and never read": {nil, func(t *testing.T, _ grpc.ClientStream, _ func(), conn *grpc.ClientConn) {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}, canceled},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewClientInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeRefresh))
			// gRPC's own word that the stream is finished, said after ours was called.
			finished := make(chan struct{}, 3)
			watch := func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
				return streamer(ctx, desc, cc, method, append(opts, grpc.OnFinish(func(error) { finished <- struct{}{} }))...)
			}
			conn, stop := serve(t, func(context.Context) error { return tt.answer }, nil, grpc.WithChainStreamInterceptor(i.Stream, watch))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := conn.NewStream(ctx, streams[bidi], bidi)
			if err != nil {
				t.Fatal(err)
			}
			got.WantNothingElse() // not before its end
			tt.end(t, stream, cancel, conn)
			select {
			case <-finished:
			case <-time.After(time.Minute):
				t.Fatal("the stream does not end")
			}
			cancel()
			stop()
			got.WantTokenVerifications(1, semconv.TokenTypeRefresh, tt.want)
			got.Want("auth.token.verification.duration", 1)
			got.WantNothingElse()
		})
	}
}

// Interceptors inside may end a call before gRPC knows of it, say why, or panic.
func TestClientInside(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		inside func(context.Context) error
		want   error
	}{
		"a reason":      {func(context.Context) error { return locked }, locked},
		"an error":      {func(context.Context) error { return context.DeadlineExceeded }, late},
		"an unknown":    {func(context.Context) error { return boom }, unknown},
		"Fail":          {func(ctx context.Context) error { instrument.Fail(ctx, semconv.ReasonExpired); return boom }, expired},
		"Fail, succeed": {func(ctx context.Context) error { instrument.Fail(ctx, semconv.ReasonExpired); return nil }, expired},
		"a panic":       {func(context.Context) error { panic(boom) }, internal},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewClientInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
			var want any // the error or what the panic was with
			run := func(ctx context.Context) (err error) {
				defer func() { want = err }()
				defer func() {
					if p := recover(); p != nil {
						err = boom
						panic(p)
					}
				}()
				return tt.inside(ctx)
			}
			conn, _ := serve(t, func(context.Context) error { return nil }, nil,
				grpc.WithChainUnaryInterceptor(i.Unary, func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
					if err := run(ctx); err != nil {
						return err
					}
					return next(ctx, method, req, reply, cc, opts...)
				}),
				grpc.WithChainStreamInterceptor(i.Stream, func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, next grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
					if err := run(ctx); err != nil {
						return nil, err
					}
					return next(ctx, desc, cc, method, opts...)
				}))
			for _, method := range []string{unary, server, client, bidi} {
				var result any
				func() {
					defer func() {
						if p := recover(); p != nil {
							result = p
						}
					}()
					result = call(t.Context(), conn, method)
				}()
				if result != want {
					t.Errorf("%s: %v, want %v", method, result, want)
				}
			}
			got.WantAttempts(4, semconv.MethodPassword, tt.want)
			if errors.Is(tt.want, unknown) {
				got.Want(collapsed, 4, reasons)
			}
			got.WantNothingElse()
		})
	}
}

// A verification that asks another service counts once, also where both sides of it
// have an interceptor. The calls that a filter leaves out are not counted.
func TestClientNestingAndFilter(t *testing.T) {
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	verification := svc.TokenVerification(semconv.TokenTypeAccess)
	calls := authgrpc.NewClientInterceptor(verification, authgrpc.WithFilter(func(_ context.Context, method string) bool { return method != client }))
	access := authgrpc.NewClientInterceptor(svc.Authorization(semconv.EnforcementEnforced))
	remote, _ := serve(t, func(context.Context) error { return status.Error(codes.PermissionDenied, "") }, nil,
		grpc.WithChainUnaryInterceptor(calls.Unary, access.Unary, calls.Unary), grpc.WithChainStreamInterceptor(calls.Stream, access.Stream, calls.Stream))
	rpcs := authgrpc.NewServerInterceptor(verification)
	local, _ := serve(t, func(ctx context.Context) error { return call(ctx, remote, unary) }, []grpc.ServerOption{grpc.UnaryInterceptor(rpcs.Unary)})

	for _, c := range []struct {
		conn   *grpc.ClientConn
		method string
	}{{local, unary}, {remote, unary}, {remote, bidi}, {remote, client}} {
		if code := status.Code(call(t.Context(), c.conn, c.method)); code != codes.PermissionDenied {
			t.Errorf("%s: %v", c.method, code)
		}
	}
	got.WantTokenVerifications(3, semconv.TokenTypeAccess, denied)
	got.WantAuthorizations(4, semconv.EnforcementEnforced, semconv.DecisionDeny)
	got.WantNothingElse()
}

// The options that the caller gave are still his own.
func TestClientKeepsOptions(t *testing.T) {
	rec, _ := instrumenttest.New(t)
	i := authgrpc.NewClientInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
	opts := make([]grpc.CallOption, 1, 2)
	opts[0] = grpc.Header(new(metadata.MD))
	for range 2 {
		if _, err := i.Stream(t.Context(), streams[bidi], nil, bidi, func(_ context.Context, _ *grpc.StreamDesc, _ *grpc.ClientConn, _ string, got ...grpc.CallOption) (grpc.ClientStream, error) {
			if len(got) != 2 || got[0] != opts[0] {
				t.Errorf("the options are %v", got)
			}
			return nil, nil
		}, opts...); err != nil {
			t.Error(err)
		}
	}
	if spare := opts[:2][1]; spare != nil {
		t.Errorf("written behind the caller's options: %v", spare)
	}
}

func TestClientNilHandle(t *testing.T) {
	var rec *instrument.Recorder
	for name, i := range map[string]*authgrpc.ClientInterceptor{
		"nil":      nil,
		"handle":   authgrpc.NewClientInterceptor(nil),
		"attempts": authgrpc.NewClientInterceptor(rec.Service("api").Authentication(semconv.MethodJWT)),
	} {
		t.Run(name, func(t *testing.T) {
			conn, _ := serve(t, func(context.Context) error { return status.Error(codes.NotFound, "") }, nil, dialing(i)...)
			for _, method := range []string{unary, bidi} {
				if code := status.Code(call(t.Context(), conn, method)); code != codes.NotFound {
					t.Errorf("%s: %v", method, code)
				}
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package authconnect_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authconnect"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// A server that cannot be reached is no failure of anybody who logs in.
func TestUnreachable(t *testing.T) {
	srv, stop := serve(t, fails(nil))
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	logins := authconnect.NewInterceptor(svc.Authentication(semconv.MethodPassword))
	issue := authconnect.NewInterceptor(svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue))
	stop()
	for _, opts := range protocols {
		for _, procedure := range procedures {
			c := dial(srv, procedure, append(opts, connect.WithInterceptors(logins, issue))...)
			if err := call(t.Context(), c, procedure, ""); connect.CodeOf(err) != connect.CodeUnavailable {
				t.Errorf("%s: %v", procedure, err)
			}
		}
	}
	got.WantAttempts(12, semconv.MethodPassword, instrument.Error(semconv.ErrorTypeConnectionRefused))
	got.WantTokenOperations(12, semconv.TokenTypeAccess, semconv.TokenOperationIssue, down)
	got.WantNothingElse()
}

// A stream counts once, in whichever way it ends.
func TestClientStreamEnds(t *testing.T) {
	refused := connect.NewError(connect.CodeUnauthenticated, errors.New("no access"))
	type stream = connect.BidiStreamForClient[message, message]
	for name, tt := range map[string]struct {
		answer error
		end    func(t *testing.T, s *stream, cancel func())
		want   error
	}{
		"read to the end, and closed": {nil, func(t *testing.T, s *stream, _ func()) {
			// The server may have answered before it was asked, which Send says by io.EOF.
			for _, err := range []error{s.Send(new(message)), s.CloseRequest()} {
				if err != nil && !errors.Is(err, io.EOF) {
					t.Error(err)
				}
			}
			if _, err := s.Receive(); err != nil {
				t.Error(err)
			}
			for range 2 {
				if _, err := s.Receive(); err == nil {
					t.Error("no end")
				}
			}
			_ = s.CloseResponse()
		}, nil},
		"refused, and canceled after that": {refused, func(t *testing.T, s *stream, cancel func()) {
			_ = s.Send(new(message))
			if _, err := s.Receive(); connect.CodeOf(err) != connect.CodeUnauthenticated {
				t.Errorf("Receive: %v", err)
			}
			cancel()
			_, _ = s.Receive()
		}, invalid},
		"closed at once": {nil, func(_ *testing.T, s *stream, _ func()) {
			_ = s.CloseRequest()
			_ = s.CloseResponse()
			_ = s.CloseResponse()
		}, canceled},
		"a message that cannot be sent": {nil, func(t *testing.T, s *stream, _ func()) {
			conn, err := s.Conn()
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Send("no message"); connect.CodeOf(err) != connect.CodeInternal {
				t.Errorf("Send: %v", err)
			}
		}, internal},
	} {
		for protocol, opts := range protocols {
			t.Run(name+", "+protocol, func(t *testing.T) {
				rec, got := instrumenttest.New(t)
				i := authconnect.NewInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeRefresh))
				srv, _ := serve(t, fails(tt.answer))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := dial(srv, bidi, append(opts, connect.WithInterceptors(i))...).CallBidiStream(ctx)
				got.WantNothingElse() // not before its end
				tt.end(t, s, cancel)
				got.WantTokenVerifications(1, semconv.TokenTypeRefresh, tt.want)
				cancel() // and nothing that comes later counts
				_ = s.CloseResponse()
				got.WantTokenVerifications(1, semconv.TokenTypeRefresh, tt.want)
				got.Want("auth.token.verification.duration", 1)
				got.WantNothingElse()
			})
		}
	}
}

// A stream whose context ends counts although nobody reads or closes it.
func TestClientStreamContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		i := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
		dial := i.WrapStreamingClient(func(context.Context, connect.Spec) connect.StreamingClientConn { return clientConn{} })
		for _, stop := range []func(context.Context) (context.Context, context.CancelFunc){
			context.WithCancel,
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Hour)
			},
		} {
			ctx, cancel := stop(t.Context())
			dial(ctx, connect.Spec{IsClient: true})
			if _, ok := ctx.Deadline(); ok {
				<-ctx.Done()
			}
			cancel()
		}
		synctest.Wait()
		got.WantAttempts(1, semconv.MethodPassword, canceled)
		got.WantAttempts(1, semconv.MethodPassword, late)
		got.WantNothingElse()
	})
}

// clientConn is a stream that nobody uses.
type clientConn struct{ connect.StreamingClientConn }

// Interceptors inside may end a call, say why, or leave it to the server.
func TestClientInside(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		inside func(context.Context) error
		want   error
	}{
		"a reason":     {func(context.Context) error { return locked }, locked},
		"an unknown":   {func(context.Context) error { return boom }, unknown},
		"hostile":      {func(context.Context) error { return &hostile{} }, unknown},
		"Fail":         {func(ctx context.Context) error { instrument.Fail(ctx, semconv.ReasonExpired); return boom }, expired},
		"late":         {func(context.Context) error { return context.DeadlineExceeded }, late},
		"not modified": {func(context.Context) error { return connect.NewNotModifiedError(http.Header{}) }, nil},
	} {
		rec, got := instrumenttest.New(t)
		i := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
		var want error
		inside := connect.UnaryInterceptorFunc(func(connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, _ connect.AnyRequest) (connect.AnyResponse, error) {
				want = tt.inside(ctx)
				return nil, want
			}
		})
		srv, _ := serve(t, fails(nil))
		c := dial(srv, unary, connect.WithInterceptors(i, inside))
		if err := call(t.Context(), c, unary, ""); err != want { //nolint:errorlint // the very same
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		got.WantAttempts(1, semconv.MethodPassword, tt.want)
		if errors.Is(tt.want, unknown) {
			got.Want(collapsed, 1, reasons)
		}
		got.WantNothingElse()
	}
}

// One call counts once a handle, and those that a filter leaves out not at all. A
// service interceptor has nothing to say of a client.
func TestNestingAndFilter(t *testing.T) {
	rec, got := instrumenttest.New(t)
	svc := rec.Service("api")
	not := func(procedure string) authconnect.Option {
		return authconnect.WithFilter(func(_ context.Context, s connect.Spec) bool { return s.Procedure != procedure })
	}
	tokens := authconnect.NewInterceptor(svc.TokenVerification(semconv.TokenTypeAccess), not(bidi), authconnect.WithFilter(nil), not(serverStream))
	limit := authconnect.NewInterceptor(svc.RateLimit("burst"))
	access := authconnect.NewInterceptor(svc.Authorization(semconv.EnforcementEnforced))
	service := authconnect.NewServiceInterceptor(rec.Service("api"))
	srv, stop := serve(t, fails(connect.NewError(connect.CodePermissionDenied, nil)), connect.WithInterceptors(tokens, limit, tokens, limit))
	for _, procedure := range procedures {
		c := dial(srv, procedure, connect.WithInterceptors(service, access, tokens, access))
		if err := call(t.Context(), c, procedure, ""); connect.CodeOf(err) != connect.CodePermissionDenied {
			t.Errorf("%s: %v", procedure, err)
		}
	}
	stop()
	got.WantTokenVerifications(4, semconv.TokenTypeAccess, denied) // two procedures, by both sides
	got.WantRateLimitChecks(4, "burst", semconv.RateLimitOutcomeAllowed)
	got.WantAuthorizations(4, semconv.EnforcementEnforced, semconv.DecisionDeny)
	got.WantNothingElse()
}

// Nothing to record on is nothing in the way.
func TestNilHandle(t *testing.T) {
	var rec *instrument.Recorder
	for name, i := range map[string]*authconnect.Interceptor{
		"nil":      nil,
		"handle":   authconnect.NewInterceptor(nil),
		"attempts": authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodJWT)),
		"service":  authconnect.NewServiceInterceptor(rec.Service("api")),
	} {
		srv, _ := serve(t, fails(connect.NewError(connect.CodeNotFound, nil)),
			connect.WithRequestGate(i.Gate(nil)), connect.WithInterceptors(i))
		for _, procedure := range procedures {
			c := dial(srv, procedure, connect.WithInterceptors(i))
			if err := call(t.Context(), c, procedure, ""); connect.CodeOf(err) != connect.CodeNotFound {
				t.Errorf("%s, %s: %v", name, procedure, err)
			}
		}
	}
}

func TestConcurrentSafe(t *testing.T) {
	const clients, each = 4, 5
	rec, got := instrumenttest.New(t)
	handlers := authconnect.NewServiceInterceptor(rec.Service("api"))
	calls := authconnect.NewInterceptor(rec.Service("web").TokenVerification(semconv.TokenTypeAccess))
	srv, stop := serve(t, fails(nil), connect.WithInterceptors(handlers))
	var wg sync.WaitGroup
	for range clients {
		for _, procedure := range procedures {
			for _, opts := range protocols {
				c := dial(srv, procedure, append(opts, connect.WithInterceptors(calls))...)
				wg.Go(func() {
					for range each {
						if err := call(t.Context(), c, procedure, "Bearer s3cr3t"); err != nil {
							t.Errorf("%s: %v", procedure, err)
						}
					}
				})
			}
		}
	}
	wg.Wait()
	stop()
	got.WantAttempts(12*clients*each, semconv.MethodOpaqueToken, nil)
	got.WantTokenVerifications(12*clients*each, semconv.TokenTypeAccess, nil)
	got.WantNothingElse()
	got.WantNowhere("s3cr3t", "test.Door")
}

// TestAllocations holds the promise of at most five over the bare handler: one for
// the call, the others to look for a credential.
func TestAllocations(t *testing.T) {
	rec, _ := instrumenttest.New(t)
	req := connect.NewRequest(wrapperspb.String(""))
	req.Header().Set("Authorization", "Bearer x")
	bare := func(context.Context, connect.AnyRequest) (connect.AnyResponse, error) { return nil, nil }
	run := authconnect.NewServiceInterceptor(rec.Service("api")).WrapUnary(bare)
	ctx := t.Context()
	_, _ = run(ctx, req) // binds the handle
	if n := testing.AllocsPerRun(200, func() { _, _ = run(ctx, req) }); n > 5 {
		t.Errorf("%v allocations, want 5 at most", n)
	}
}

// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// telling is what a code comes to on a server; the others are success.
var telling = map[codes.Code]error{
	codes.Canceled:          canceled,
	codes.Unknown:           internal,
	codes.DeadlineExceeded:  late,
	codes.PermissionDenied:  denied,
	codes.ResourceExhausted: limited,
	codes.Unimplemented:     internal,
	codes.Internal:          internal,
	codes.Unavailable:       down,
	codes.DataLoss:          internal,
	codes.Unauthenticated:   invalid,
}

const numCodes = codes.Unauthenticated + 3 // three more than there are

// Every code by every kind of method, with a real server and a real client.
func TestCodes(t *testing.T) {
	for code := codes.OK; code < numCodes; code++ {
		t.Run(code.String(), func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
			sent := status.Error(code, "s3cr3t")
			conn, _ := serve(t, func(context.Context) error { return sent },
				[]grpc.ServerOption{grpc.UnaryInterceptor(i.Unary), grpc.StreamInterceptor(i.Stream)})
			for _, method := range []string{unary, server, client, bidi} {
				err := call(bearer(t.Context()), conn, method)
				if s := status.Convert(err); s.Code() != code || code != codes.OK && s.Message() != "s3cr3t" {
					t.Errorf("%s: the client got %v", method, err)
				}
			}
			got.WantAttempts(4, semconv.MethodJWT, telling[code])
			got.Want("auth.authentication.duration", 4)
			got.WantNothingElse()
			got.WantNowhere("s3cr3t", "test.Door")
		})
	}
}

// both runs a handler inside of the interceptor, once as a unary RPC and once as a
// stream, and checks that its error comes out as it is.
func both(t *testing.T, i *authgrpc.ServerInterceptor, ctx context.Context, handler func(context.Context) error) { //nolint:revive // the test first
	t.Helper()
	var want error
	run := func(ctx context.Context) error { want = handler(ctx); return want }
	resp, err := i.Unary(ctx, "req", &grpc.UnaryServerInfo{FullMethod: unary},
		func(ctx context.Context, req any) (any, error) { return req, run(ctx) })
	if resp != "req" || err != want { //nolint:errorlint // the very same
		t.Errorf("Unary returned %v, %v, want %v", resp, err, want)
	}
	err = i.Stream("srv", serverStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: bidi},
		func(srv any, s grpc.ServerStream) error {
			if srv != "srv" {
				t.Errorf("the server is %v", srv)
			}
			return run(s.Context())
		})
	if err != want { //nolint:errorlint // the very same
		t.Errorf("Stream returned %v, want %v", err, want)
	}
}

// bears is an error of its own that bears a status.
type bears struct {
	error
	status *status.Status
}

func (b bears) GRPCStatus() *status.Status { return b.status }
func (b bears) Unwrap() error              { return b.error }

// hostile panics whatever it is asked.
type hostile struct{}

func (*hostile) Error() string              { panic("Error") }
func (*hostile) Unwrap() error              { panic("Unwrap") }
func (*hostile) GRPCStatus() *status.Status { panic("GRPCStatus") }

var errLibrary = errors.New("library: token is expired")

func TestOutcome(t *testing.T) {
	boom := errors.New("boom")
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	unauthenticated := status.Error(codes.Unauthenticated, "")
	notFound := status.Error(codes.NotFound, "")
	wrong := status.Error(codes.Internal, "")
	returns := func(err error) func(context.Context) error {
		return func(context.Context) error { return err }
	}
	alive := func(ctx context.Context) context.Context { return incoming(ctx, "authorization", "Bearer x") }
	bare := func(ctx context.Context) context.Context { return ctx }
	gone := func(ctx context.Context) context.Context { return over(alive(ctx), context.Canceled) }
	tooLate := func(ctx context.Context) context.Context { return over(alive(ctx), context.DeadlineExceeded) }
	for name, tt := range map[string]struct {
		ctx     func(context.Context) context.Context
		handler func(context.Context) error
		want    error
	}{
		"success":                                   {alive, returns(nil), nil},
		"success without a credential":              {bare, returns(nil), nil},
		"wrong":                                     {alive, returns(unauthenticated), invalid},
		"no credential":                             {bare, returns(unauthenticated), instrument.ErrNoCredential},
		"no credential, its own word":               {bare, returns(fmt.Errorf("%w: %w", unauthenticated, locked)), locked},
		"no credential, not found":                  {bare, returns(notFound), nil},
		"wrapped":                                   {alive, returns(fmt.Errorf("check: %w", unauthenticated)), invalid},
		"bare error":                                {alive, returns(boom), internal},
		"bare failure":                              {alive, returns(expired), expired},
		"bare reason":                               {alive, returns(instrument.WithReason(boom, semconv.ReasonLocked)), locked},
		"bare no credential":                        {alive, returns(instrument.ErrNoCredential), instrument.ErrNoCredential},
		"bare bypass":                               {alive, returns(instrument.ErrBypassed), instrument.ErrBypassed},
		"bare, mapped":                              {alive, returns(fmt.Errorf("check: %w", errLibrary)), expired},
		"bare, connection refused":                  {alive, returns(refused), instrument.Error(semconv.ErrorTypeConnectionRefused)},
		"bare, canceled":                            {alive, returns(context.Canceled), canceled},
		"bare, late":                                {alive, returns(fmt.Errorf("x: %w", context.DeadlineExceeded)), late},
		"status and reason":                         {alive, returns(fmt.Errorf("%w: %w", unauthenticated, expired)), expired},
		"reason and a silent status":                {alive, returns(fmt.Errorf("%w: %w", notFound, expired)), expired},
		"error and a silent status":                 {alive, returns(fmt.Errorf("%w: %w", notFound, down)), down},
		"mapped and a status":                       {alive, returns(fmt.Errorf("%w: %w", unauthenticated, errLibrary)), expired},
		"mapped and a silent status":                {alive, returns(fmt.Errorf("%w: %w", notFound, errLibrary)), expired},
		"a reason behind a status":                  {alive, returns(bears{locked, status.New(codes.Unauthenticated, "")}), locked},
		"a status that is nil":                      {alive, returns(bears{boom, nil}), internal},
		"a status that is OK":                       {alive, returns(bears{boom, status.New(codes.OK, "")}), internal},
		"hostile":                                   {alive, returns(&hostile{}), unknown},
		"gone, success":                             {gone, returns(nil), nil},
		"gone, its context's error":                 {gone, func(ctx context.Context) error { return ctx.Err() }, canceled},
		"gone, bare":                                {gone, returns(boom), canceled},
		"gone, internal":                            {gone, returns(wrong), canceled},
		"gone, unavailable":                         {gone, returns(status.Error(codes.Unavailable, "")), canceled},
		"gone, wrong":                               {gone, returns(unauthenticated), invalid},
		"gone, mapped":                              {gone, returns(errLibrary), expired},
		"gone, its own word":                        {gone, returns(fmt.Errorf("%w: %w", wrong, locked)), locked},
		"gone, not found":                           {gone, returns(notFound), nil},
		"late, its context's error":                 {tooLate, func(ctx context.Context) error { return ctx.Err() }, late},
		"late, bare":                                {tooLate, returns(boom), late},
		"late, internal":                            {tooLate, returns(wrong), late},
		"failed, success":                           {bare, fails(nil, semconv.ReasonMFARequired), instrument.Failure(semconv.ReasonMFARequired)},
		"failed, not found":                         {bare, fails(notFound, semconv.ReasonLocked), locked},
		"failed, wrong":                             {bare, fails(unauthenticated, semconv.ReasonLocked), locked},
		"failed, internal":                          {bare, fails(wrong, semconv.ReasonLocked), locked},
		"failed twice":                              {bare, fails(unauthenticated, semconv.ReasonLocked, semconv.ReasonExpired), locked},
		"failed for a reason outside the enum":      {bare, fails(unauthenticated, 200), unknown},
		"failed for a reason, another in the error": {bare, fails(expired, semconv.ReasonLocked), locked},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t, instrument.WithErrorMapper(func(err error) error {
				if errors.Is(err, errLibrary) {
					return expired
				}
				return nil
			}))
			i := authgrpc.NewServerInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
			both(t, i, tt.ctx(t.Context()), tt.handler)
			got.WantTokenVerifications(2, semconv.TokenTypeAccess, tt.want)
			got.Want("auth.token.verification.duration", 2)
			if errors.Is(tt.want, unknown) {
				got.Want(collapsed, 2, reasons)
			}
			got.WantNothingElse()
		})
	}
}

// fails is a handler that says why it refuses.
func fails(err error, reasons ...semconv.Reason) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, r := range reasons {
			instrument.Fail(ctx, r)
		}
		return err
	}
}

// With the credential in the message, nothing says that there was none.
func TestMessageCredential(t *testing.T) {
	rec, got := instrumenttest.New(t)
	i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodPassword), authgrpc.WithCredential())
	both(t, i, t.Context(), func(context.Context) error { return status.Error(codes.Unauthenticated, "") })
	got.WantAttempts(2, semconv.MethodPassword, invalid)
	got.WantNothingElse()
}

// Decisions and checks out of the same outcomes.
func TestDecision(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		access semconv.Decision
		limit  semconv.RateLimitOutcome
		issue  error
	}{
		"success":   {nil, semconv.DecisionAllow, semconv.RateLimitOutcomeAllowed, nil},
		"not found": {status.Error(codes.NotFound, ""), semconv.DecisionAllow, semconv.RateLimitOutcomeAllowed, nil},
		"denied":    {status.Error(codes.PermissionDenied, ""), semconv.DecisionDeny, semconv.RateLimitOutcomeAllowed, denied},
		"hidden":    {fmt.Errorf("%w: %w", status.Error(codes.NotFound, ""), denied), semconv.DecisionDeny, semconv.RateLimitOutcomeAllowed, denied},
		"limited":   {status.Error(codes.ResourceExhausted, ""), semconv.DecisionAbstain, semconv.RateLimitOutcomeLimited, limited},
		"stranger":  {status.Error(codes.Unauthenticated, ""), semconv.DecisionAbstain, semconv.RateLimitOutcomeAllowed, invalid},
		"canceled":  {status.Error(codes.Canceled, ""), semconv.DecisionAbstain, semconv.RateLimitOutcomeCanceled, canceled},
		"late":      {context.DeadlineExceeded, semconv.DecisionError, semconv.RateLimitOutcomeAllowed, late},
		"down":      {status.Error(codes.Unavailable, ""), semconv.DecisionError, semconv.RateLimitOutcomeAllowed, down},
		"bare":      {errors.New("boom"), semconv.DecisionError, semconv.RateLimitOutcomeAllowed, internal},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			svc := rec.Service("api")
			for _, h := range []instrument.Handle{
				svc.Authorization(semconv.EnforcementEnforced),
				svc.RateLimit("burst"),
				svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue),
			} {
				both(t, authgrpc.NewServerInterceptor(h), incoming(t.Context(), "x-api-key", "k"),
					func(context.Context) error { return tt.err })
			}
			got.WantAuthorizations(2, semconv.EnforcementEnforced, tt.access)
			got.Want("auth.authorization.duration", 2, tt.access.Attr())
			got.WantRateLimitChecks(2, "burst", tt.limit)
			got.WantTokenOperations(2, semconv.TokenTypeAccess, semconv.TokenOperationIssue, tt.issue)
			got.WantNothingElse()
		})
	}
}

// A panic is recorded, unless a refusal was said before, and goes on as it was.
func TestPanic(t *testing.T) {
	for name, value := range map[string]any{"error": errors.New("boom"), "text": "boom", "a failure": locked} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			svc := rec.Service("api")
			handles := []instrument.Handle{svc.Authentication(semconv.MethodJWT), svc.Authorization(semconv.EnforcementEnforced), svc.RateLimit("minute")}
			for _, h := range handles {
				i := authgrpc.NewServerInterceptor(h)
				for _, refuse := range []func(context.Context){
					func(context.Context) {},
					func(ctx context.Context) { instrument.Fail(ctx, semconv.ReasonLocked) },
				} {
					for kind, run := range map[string]func(){
						"unary": func() {
							_, _ = i.Unary(t.Context(), nil, &grpc.UnaryServerInfo{}, func(ctx context.Context, _ any) (any, error) {
								refuse(ctx)
								panic(value)
							})
						},
						"stream": func() {
							_ = i.Stream(nil, serverStream{ctx: t.Context()}, &grpc.StreamServerInfo{}, func(_ any, s grpc.ServerStream) error {
								refuse(s.Context())
								panic(value)
							})
						},
					} {
						func() {
							defer func() {
								if p := recover(); p != value {
									t.Errorf("%s: recovered %v, want %v", kind, p, value)
								}
							}()
							run()
						}()
					}
				}
			}
			got.WantAttempts(2, semconv.MethodJWT, internal)
			got.WantAttempts(2, semconv.MethodJWT, locked)
			got.WantAuthorizations(2, semconv.EnforcementEnforced, semconv.DecisionError)
			got.WantAuthorizations(2, semconv.EnforcementEnforced, semconv.DecisionAbstain)
			got.WantRateLimitChecks(4, "minute", semconv.RateLimitOutcomeAllowed)
			got.WantNothingElse()
		})
	}
}

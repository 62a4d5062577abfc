// SPDX-License-Identifier: Apache-2.0

package authconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authconnect"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// telling is what a code comes to; the others are success on a server.
var telling = map[connect.Code]error{
	connect.CodeCanceled:          canceled,
	connect.CodeUnknown:           internal,
	connect.CodeDeadlineExceeded:  late,
	connect.CodePermissionDenied:  denied,
	connect.CodeResourceExhausted: limited,
	connect.CodeUnimplemented:     internal,
	connect.CodeInternal:          internal,
	connect.CodeUnavailable:       down,
	connect.CodeDataLoss:          internal,
	connect.CodeUnauthenticated:   invalid,
}

// Every code by every kind of procedure and every protocol, on both sides.
func TestCodes(t *testing.T) {
	for code := connect.Code(0); code <= connect.CodeUnauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			var sent error // code 0 is none
			if code != 0 {
				sent = connect.NewError(code, errors.New("s3cr3t"))
			}
			rec, got := instrumenttest.New(t)
			handlers := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
			clients := authconnect.NewInterceptor(rec.Service("web").TokenVerification(semconv.TokenTypeAccess))
			srv, stop := serve(t, fails(sent), connect.WithInterceptors(handlers))
			n := int64(0)
			for protocol, opts := range protocols {
				for _, procedure := range procedures {
					n++
					c := dial(srv, procedure, append(opts, connect.WithInterceptors(clients))...)
					err := call(t.Context(), c, procedure, "Bearer s3cr3t")
					if e := new(connect.Error); (err != nil) != (code != 0) || err != nil && (!errors.As(err, &e) || e.Code() != code || e.Message() != "s3cr3t") {
						t.Errorf("%s, %s: the caller got %v", protocol, procedure, err)
					}
				}
			}
			stop()
			got.WantAttempts(n, semconv.MethodJWT, telling[code])
			got.Want("auth.authentication.duration", float64(n))
			want, ok := telling[code]
			if code != 0 && !ok {
				want = unknown // the client has no answer
				got.Want(collapsed, float64(n), reasons)
			}
			got.WantTokenVerifications(n, semconv.TokenTypeAccess, want)
			got.WantNothingElse()
			got.WantNowhere("s3cr3t", "test.Door")
		})
	}
}

// hostile panics whatever it is asked.
type hostile struct{}

func (*hostile) Error() string { panic("Error") }
func (*hostile) Unwrap() error { panic("Unwrap") }

var errLibrary = errors.New("library: token is expired")

// handle runs a handler inside of the interceptor, as a unary RPC and as a stream,
// and checks that its error comes out as it is.
func handle(t *testing.T, i *authconnect.Interceptor, ctx context.Context, header http.Header, handler func(context.Context) error) { //nolint:revive // the test first
	t.Helper()
	var want error
	run := func(ctx context.Context) error { want = handler(ctx); return want }
	req := connect.NewRequest(new(message))
	for k, vs := range header {
		req.Header()[k] = vs
	}
	if _, err := i.WrapUnary(func(ctx context.Context, _ connect.AnyRequest) (connect.AnyResponse, error) {
		return nil, run(ctx)
	})(ctx, req); err != want { //nolint:errorlint // the very same
		t.Errorf("WrapUnary returned %v, want %v", err, want)
	}
	if err := i.WrapStreamingHandler(func(ctx context.Context, _ connect.StreamingHandlerConn) error {
		return run(ctx)
	})(ctx, handlerConn{header: header}); err != want { //nolint:errorlint // the very same
		t.Errorf("WrapStreamingHandler returned %v, want %v", err, want)
	}
}

// handlerConn is a stream of which the header alone is used.
type handlerConn struct {
	connect.StreamingHandlerConn
	header http.Header
}

func (c handlerConn) Spec() connect.Spec         { return connect.Spec{} }
func (c handlerConn) RequestHeader() http.Header { return c.header }

func TestOutcome(t *testing.T) {
	boom := errors.New("boom")
	coded := func(c connect.Code, err error) error { return connect.NewError(c, err) }
	alive := func(ctx context.Context) context.Context { return ctx }
	gone := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	tooLate := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
		cancel()
		return ctx
	}
	token := http.Header{"Authorization": {"Bearer x"}}
	for name, tt := range map[string]struct {
		ctx     func(context.Context) context.Context
		header  http.Header
		handler func(context.Context) error
		want    error
	}{
		"success without a credential": {alive, nil, fails(nil), nil},
		"no credential":                {alive, nil, fails(coded(connect.CodeUnauthenticated, boom)), instrument.ErrNoCredential},
		"no credential, its own word":  {alive, nil, fails(coded(connect.CodeUnauthenticated, locked)), locked},
		"no credential, mapped":        {alive, nil, fails(coded(connect.CodeUnauthenticated, errLibrary)), expired},
		"wrong":                        {alive, token, fails(fmt.Errorf("check: %w", coded(connect.CodeUnauthenticated, nil))), invalid},
		"not found":                    {alive, token, fails(coded(connect.CodeNotFound, boom)), nil},
		"a reason and a silent code":   {alive, token, fails(coded(connect.CodeNotFound, expired)), expired},
		"bare":                         {alive, token, fails(boom), internal},
		"bare failure":                 {alive, token, fails(expired), expired},
		"bare, mapped":                 {alive, token, fails(errLibrary), expired},
		"bare, its context's":          {alive, token, fails(context.DeadlineExceeded), late},
		"not modified":                 {alive, token, fails(connect.NewNotModifiedError(nil)), nil},
		"hostile":                      {alive, token, fails(&hostile{}), unknown},
		"gone, bare":                   {gone, token, fails(boom), canceled},
		"gone, unavailable":            {gone, token, fails(coded(connect.CodeUnavailable, boom)), canceled},
		"gone, wrong":                  {gone, token, fails(coded(connect.CodeUnauthenticated, boom)), invalid},
		"gone, mapped":                 {gone, token, fails(errLibrary), expired},
		"late, internal":               {tooLate, token, fails(coded(connect.CodeInternal, boom)), late},
		"failed, success":              {alive, nil, fails(nil, semconv.ReasonLocked), locked},
		"failed, wrong":                {alive, nil, fails(coded(connect.CodeUnauthenticated, boom), semconv.ReasonLocked), locked},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t, instrument.WithErrorMapper(func(err error) error {
				if errors.Is(err, errLibrary) {
					return expired
				}
				return nil
			}))
			i := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
			handle(t, i, tt.ctx(t.Context()), tt.header, tt.handler)
			got.WantAttempts(2, semconv.MethodJWT, tt.want)
			if errors.Is(tt.want, unknown) {
				got.Want(collapsed, 2, reasons)
			}
			got.WantNothingElse()
		})
	}
}

func TestPanic(t *testing.T) {
	rec, got := instrumenttest.New(t)
	i := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
	boom := errors.New("boom")
	for kind, run := range map[string]func(){
		"unary": func() {
			_, _ = i.WrapUnary(func(context.Context, connect.AnyRequest) (connect.AnyResponse, error) { panic(boom) })(t.Context(), connect.NewRequest(new(message)))
		},
		"stream": func() {
			_ = i.WrapStreamingHandler(func(context.Context, connect.StreamingHandlerConn) error { panic(boom) })(t.Context(), handlerConn{})
		},
		"gate": func() {
			_, _ = i.Gate(func(context.Context, connect.Spec, connect.Peer, http.Header) (context.Context, error) { panic(boom) })(t.Context(), connect.Spec{}, connect.Peer{}, nil)
		},
		"streaming client": func() {
			i.WrapStreamingClient(func(context.Context, connect.Spec) connect.StreamingClientConn { panic(boom) })(t.Context(), connect.Spec{})
		},
	} {
		func() {
			defer func() {
				if p := recover(); p != boom { //nolint:errorlint // the very same
					t.Errorf("%s: recovered %v", kind, p)
				}
			}()
			run()
		}()
	}
	got.WantAttempts(4, semconv.MethodJWT, internal)
	got.WantNothingElse()
}

// check is what a service's own interceptor or gate does.
func check(ctx context.Context, h http.Header) error {
	switch h.Get("Authorization") {
	case "Bearer good":
		return nil
	case "Bearer old":
		instrument.Fail(ctx, semconv.ReasonExpired)
	}
	return connect.NewError(connect.CodeUnauthenticated, errors.New("no access"))
}

// checker is the interceptor of a service.
type checker struct{ connect.Interceptor }

func (checker) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		if err := check(ctx, req.Header()); err != nil {
			return nil, err
		}
		return next(ctx, req)
	}
}

func (checker) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		if err := check(ctx, conn.RequestHeader()); err != nil {
			return err
		}
		return next(ctx, conn)
	}
}

func gate(ctx context.Context, _ connect.Spec, _ connect.Peer, h http.Header) (context.Context, error) {
	return nil, check(ctx, h)
}

// Before the service's own interceptor everything is seen, after it and after a gate
// nothing but what was let in; a gate that is wrapped is seen, and counts once.
func TestOrder(t *testing.T) {
	const each = 12 // four procedures, three protocols
	everything := map[error]int64{nil: each, invalid: each, expired: each, instrument.ErrNoCredential: each}
	admitted := map[error]int64{nil: each}
	for name, tt := range map[string]struct {
		opts func(*authconnect.Interceptor) []connect.HandlerOption
		want map[error]int64
	}{
		"first": {func(i *authconnect.Interceptor) []connect.HandlerOption {
			return []connect.HandlerOption{connect.WithInterceptors(i, checker{}, i)}
		}, everything},
		"last": {func(i *authconnect.Interceptor) []connect.HandlerOption {
			return []connect.HandlerOption{connect.WithInterceptors(checker{}, i)}
		}, admitted},
		"a gate": {func(i *authconnect.Interceptor) []connect.HandlerOption {
			return []connect.HandlerOption{connect.WithRequestGate(gate), connect.WithInterceptors(i)}
		}, admitted},
		"a gate, wrapped": {func(i *authconnect.Interceptor) []connect.HandlerOption {
			return []connect.HandlerOption{connect.WithRequestGate(i.Gate(gate)), connect.WithInterceptors(i)}
		}, everything},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authconnect.NewInterceptor(rec.Service("api").TokenVerification(semconv.TokenTypeAccess))
			srv, stop := serve(t, fails(nil), tt.opts(i)...)
			for protocol, opts := range protocols {
				for _, procedure := range procedures {
					c := dial(srv, procedure, opts...)
					for token, ok := range map[string]bool{"Bearer good": true, "Bearer bad": false, "Bearer old": false, "": false} {
						err := call(t.Context(), c, procedure, token)
						if (err == nil) != ok || !ok && connect.CodeOf(err) != connect.CodeUnauthenticated {
							t.Errorf("%s, %s with %q: %v", protocol, procedure, token, err)
						}
					}
				}
			}
			stop()
			for outcome, n := range tt.want {
				got.WantTokenVerifications(n, semconv.TokenTypeAccess, outcome)
			}
			got.WantNothingElse()
		})
	}
}

func TestService(t *testing.T) {
	none := instrument.ErrNoCredential
	header := func(k, v string) http.Header { return http.Header{k: {v}} }
	unauthenticated := connect.NewError(connect.CodeUnauthenticated, nil)
	for name, tt := range map[string]struct {
		header http.Header
		opts   []authconnect.Option
		err    error
		method semconv.Method
		want   error
	}{
		"basic":           {header("Authorization", "Basic eA=="), nil, nil, semconv.MethodPassword, nil},
		"bearer":          {header("Authorization", "Bearer x"), nil, unauthenticated, semconv.MethodOpaqueToken, invalid},
		"bearer, jwt":     {header("Authorization", "Bearer x"), []authconnect.Option{authconnect.WithBearerToken(semconv.TokenTypeID), authconnect.WithBearerMethod(semconv.MethodJWT)}, nil, semconv.MethodJWT, nil},
		"another scheme":  {header("Authorization", "Digest x"), nil, nil, semconv.MethodOther, nil},
		"api key":         {header("X-Api-Key", "k"), nil, nil, semconv.MethodAPIKey, nil},
		"own api key":     {header("X-Shop-Key", "k"), []authconnect.Option{authconnect.WithAPIKeyHeader("x-shop-key")}, nil, semconv.MethodAPIKey, nil},
		"cookie":          {header("Cookie", "sid=x"), []authconnect.Option{authconnect.WithSessionCookie("sid"), nil}, nil, semconv.MethodSession, nil},
		"cookie unnamed":  {header("Cookie", "sid=x"), nil, nil, semconv.MethodNone, none},
		"none":            {nil, nil, nil, semconv.MethodNone, none},
		"none, refused":   {nil, nil, unauthenticated, semconv.MethodNone, none},
		"none, not found": {nil, nil, connect.NewError(connect.CodeNotFound, nil), semconv.MethodNone, none},
		"in the message":  {nil, []authconnect.Option{authconnect.WithCredential()}, unauthenticated, semconv.MethodPassword, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authconnect.NewServiceInterceptor(rec.Service("api"), tt.opts...)
			handle(t, i, t.Context(), tt.header, fails(tt.err))
			got.WantAttempts(2, tt.method, tt.want)
			if tt.method == semconv.MethodOther {
				got.Want(collapsed, 2, semconv.SDKAttributeMethod.Attr())
			}
			got.WantNothingElse()
		})
	}
}

func TestServiceOfTokens(t *testing.T) {
	rec, got := instrumenttest.New(t)
	i := authconnect.NewServiceInterceptor(rec.Service("api"), authconnect.WithBearerToken(semconv.TokenTypeID))
	handle(t, i, t.Context(), http.Header{"Authorization": {"Bearer x"}}, fails(connect.NewError(connect.CodeUnauthenticated, nil)))
	got.WantTokenVerifications(2, semconv.TokenTypeID, invalid)
	got.WantNothingElse()
}

// A gateway takes the credential off before it passes the RPC on.
func TestCredentialRemovedInside(t *testing.T) {
	rec, got := instrumenttest.New(t)
	i := authconnect.NewInterceptor(rec.Service("api").Authentication(semconv.MethodJWT))
	req := connect.NewRequest(new(message))
	req.Header().Set("Authorization", "Bearer x")
	_, _ = i.WrapUnary(func(_ context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		req.Header().Del("Authorization")
		return nil, connect.NewError(connect.CodeUnauthenticated, nil)
	})(t.Context(), req)
	got.WantAttempts(1, semconv.MethodJWT, invalid)
	got.WantNothingElse()
}

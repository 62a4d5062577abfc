// SPDX-License-Identifier: Apache-2.0

package authconnect_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Outcomes that many tests want.
var (
	invalid  = instrument.Failure(semconv.ReasonInvalidCredentials)
	denied   = instrument.Failure(semconv.ReasonPolicyDenied)
	limited  = instrument.Failure(semconv.ReasonRateLimited)
	expired  = instrument.Failure(semconv.ReasonExpired)
	locked   = instrument.Failure(semconv.ReasonLocked)
	unknown  = instrument.Failure(semconv.ReasonOther)
	canceled = instrument.Error(semconv.ErrorTypeCanceled)
	late     = instrument.Error(semconv.ErrorTypeTimeout)
	down     = instrument.Error(semconv.ErrorTypeUnavailable)
	internal = instrument.Error(semconv.ErrorTypeInternal)
)

const collapsed = "auth.sdk.collapsed_values"

// reasons is the attribute under which an unknown reason is counted.
var reasons = semconv.SDKAttributeReason.Attr()

type (
	message = wrapperspb.StringValue
	client  = connect.Client[message, message]
)

// The procedures of a service, one of each kind. All of them do what enter does.
const (
	unary        = "/test.Door/Unary"
	serverStream = "/test.Door/Server"
	clientStream = "/test.Door/Client"
	bidi         = "/test.Door/Bidi"
)

var procedures = []string{unary, serverStream, clientStream, bidi}

// protocols are the options of a client for each protocol.
var protocols = map[string][]connect.ClientOption{
	"connect":  {connect.WithHTTPGet()},
	"grpc":     {connect.WithGRPC()},
	"grpc-web": {connect.WithGRPCWeb()},
}

// serve serves the procedures over HTTP/2 until the test ends or stop is called.
func serve(t testing.TB, enter func(context.Context) error, opts ...connect.HandlerOption) (srv *httptest.Server, stop func()) {
	t.Helper()
	opts = append(opts, connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	mux := http.NewServeMux()
	mux.Handle(unary, connect.NewUnaryHandler(unary, func(ctx context.Context, r *connect.Request[message]) (*connect.Response[message], error) {
		if err := enter(ctx); err != nil {
			return nil, err
		}
		return connect.NewResponse(r.Msg), nil
	}, opts...))
	mux.Handle(serverStream, connect.NewServerStreamHandler(serverStream, func(ctx context.Context, r *connect.Request[message], s *connect.ServerStream[message]) error {
		if err := enter(ctx); err != nil {
			return err
		}
		return s.Send(r.Msg)
	}, opts...))
	mux.Handle(clientStream, connect.NewClientStreamHandler(clientStream, func(ctx context.Context, s *connect.ClientStream[message]) (*connect.Response[message], error) {
		for s.Receive() {
		}
		if err := enter(ctx); err != nil {
			return nil, err
		}
		return connect.NewResponse(new(message)), s.Err()
	}, opts...))
	mux.Handle(bidi, connect.NewBidiStreamHandler(bidi, func(ctx context.Context, s *connect.BidiStream[message, message]) error {
		m, err := s.Receive()
		if err != nil {
			return err
		}
		if err := enter(ctx); err != nil {
			return err
		}
		return s.Send(m)
	}, opts...))
	srv = httptest.NewUnstartedServer(mux)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, srv.Close
}

func dial(srv *httptest.Server, procedure string, opts ...connect.ClientOption) *client {
	return connect.NewClient[message, message](srv.Client(), srv.URL+procedure,
		append(opts, connect.WithIdempotency(connect.IdempotencyNoSideEffects))...)
}

// call calls a procedure of any kind with one message.
func call(ctx context.Context, c *client, procedure, authorization string) error {
	bear := func(h http.Header) {
		if authorization != "" {
			h.Set("Authorization", authorization)
		}
	}
	req := connect.NewRequest(wrapperspb.String("s3cr3t"))
	bear(req.Header())
	switch procedure {
	case unary:
		_, err := c.CallUnary(ctx, req)
		return err
	case serverStream:
		s, err := c.CallServerStream(ctx, req)
		if err != nil {
			return err
		}
		for s.Receive() {
		}
		return errors.Join(s.Err(), s.Close())
	case clientStream:
		s := c.CallClientStream(ctx)
		bear(s.RequestHeader())
		if err := s.Send(req.Msg); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		_, err := s.CloseAndReceive()
		return err
	}
	s := c.CallBidiStream(ctx)
	defer func() { _ = s.CloseResponse() }()
	bear(s.RequestHeader())
	if err := s.Send(req.Msg); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := s.CloseRequest(); err != nil {
		return err
	}
	for {
		switch _, err := s.Receive(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
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

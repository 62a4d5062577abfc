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
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
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

// door is a service with one method of each kind. All of them do what enter does.
type door struct {
	enter func(ctx context.Context) error
}

// The methods of a door, by kind.
const (
	unary  = "/test.Door/Unary"
	server = "/test.Door/Server"
	client = "/test.Door/Client"
	bidi   = "/test.Door/Bidi"
)

// streams are the descriptions of the streaming methods, by name.
var streams = map[string]*grpc.StreamDesc{
	server: {StreamName: "Server", Handler: enter, ServerStreams: true},
	client: {StreamName: "Client", Handler: enter, ClientStreams: true},
	bidi:   {StreamName: "Bidi", Handler: enter, ServerStreams: true, ClientStreams: true},
}

var doorDesc = grpc.ServiceDesc{
	ServiceName: "test.Door",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		Handler: func(srv any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.StringValue)
			if err := dec(in); err != nil {
				return nil, err
			}
			handler := func(ctx context.Context, req any) (any, error) {
				if err := srv.(*door).enter(ctx); err != nil {
					return nil, err
				}
				return req, nil
			}
			if interceptor == nil {
				return handler(ctx, in)
			}
			return interceptor(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: unary}, handler)
		},
	}},
	Streams: []grpc.StreamDesc{*streams[server], *streams[client], *streams[bidi]},
}

// enter reads one message, does what the door does and answers with the message.
func enter(srv any, stream grpc.ServerStream) error {
	m := new(wrapperspb.StringValue)
	if err := stream.RecvMsg(m); err != nil {
		return err
	}
	if err := srv.(*door).enter(stream.Context()); err != nil {
		return err
	}
	return stream.SendMsg(m)
}

// serve serves the door in memory until stop is called or the test ends; stop waits
// for the handlers. The dial options are those of the client.
func serve(t testing.TB, enter func(context.Context) error, opts []grpc.ServerOption, dial ...grpc.DialOption) (conn *grpc.ClientConn, stop func()) {
	t.Helper()
	lis := bufconn.Listen(1 << 16)
	s := grpc.NewServer(opts...)
	s.RegisterService(&doorDesc, &door{enter})
	served := make(chan error, 1)
	go func() { served <- s.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:door", append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
	}, dial...)...)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = conn.Close()
		s.GracefulStop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("Serve: %v", err)
		}
	}
	t.Cleanup(stop)
	return conn, stop
}

// call calls a method of any kind with one message and returns the status as an
// error, as generated code does.
func call(ctx context.Context, conn *grpc.ClientConn, method string) error {
	in, out := wrapperspb.String("s3cr3t"), new(wrapperspb.StringValue)
	desc := streams[method]
	if desc == nil {
		return conn.Invoke(ctx, method, in, out)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, desc, method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(in); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		switch err := stream.RecvMsg(out); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !desc.ServerStreams:
			return nil
		}
	}
}

// bearer is a context of a client that shows a token, and incoming that of a handler
// whose client does.
func bearer(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer s3cr3t")
}

func incoming(ctx context.Context, kv ...string) context.Context {
	return metadata.NewIncomingContext(ctx, metadata.Pairs(kv...))
}

// serverStream is a stream of a server of which the context alone is used.
type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s serverStream) Context() context.Context { return s.ctx }

// over returns a context that has ended in that way.
func over(ctx context.Context, how error) context.Context {
	var cancel context.CancelFunc
	if errors.Is(how, context.DeadlineExceeded) {
		ctx, cancel = context.WithDeadline(ctx, time.Unix(0, 0))
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	cancel()
	return ctx
}

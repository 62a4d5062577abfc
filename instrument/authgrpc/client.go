// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"

	"google.golang.org/grpc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// ClientInterceptor records the calls of a client. Its methods Unary and Stream are
// interceptors for [grpc.WithChainUnaryInterceptor] and
// [grpc.WithChainStreamInterceptor]; one that retries belongs after it, so that a
// call counts once. It is safe for concurrent use; a nil one records nothing.
type ClientInterceptor struct {
	config
	handle instrument.Handle
}

// NewClientInterceptor returns an interceptor that records every call on the handle:
// on an [instrument.Attempts] as a login or a check of a token by another service,
// on an operation of [instrument.TokenOperations] as that, on an
// [instrument.Authorization] as a decision that another service made, on an
// [instrument.RateLimit] as a check. The package documentation describes the
// outcome. Methods of one service that mean different things have an interceptor
// each, with [WithFilter], the only option that matters. A nil handle records
// nothing.
func NewClientInterceptor(handle instrument.Handle, opts ...Option) *ClientInterceptor {
	return &ClientInterceptor{newConfig(opts), handle}
}

// Unary is a [grpc.UnaryClientInterceptor].
func (i *ClientInterceptor) Unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	o := i.begin(ctx, method)
	if o == nil {
		return invoker(ctx, method, req, reply, cc, opts...)
	}
	err := instrument.Error(semconv.ErrorTypeInternal) // what a panic leaves it at
	defer func() { o.end(err) }()
	err = invoker(o.ctx, method, req, reply, cc, opts...)
	return err
}

// Stream is a [grpc.StreamClientInterceptor]. The stream is recorded when gRPC
// finishes it: at an error, at the last message, when its context or its connection
// ends, whichever is first. A stream that nobody reads to its end and whose context
// nobody cancels stays open, and unrecorded, as long as its connection; see
// [grpc.ClientConn.NewStream].
func (i *ClientInterceptor) Stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (stream grpc.ClientStream, err error) {
	o := i.begin(ctx, method)
	if o == nil {
		return streamer(ctx, desc, cc, method, opts...)
	}
	err = instrument.Error(semconv.ErrorTypeInternal) // what a panic leaves it at
	defer func() {
		if err != nil { // of an interceptor inside, perhaps, and gRPC never knew of the call
			o.end(err)
		}
	}()
	return streamer(o.ctx, desc, cc, method, append(opts[:len(opts):len(opts)], grpc.OnFinish(o.end))...)
}

func (i *ClientInterceptor) begin(ctx context.Context, method string) *outgoing {
	if i == nil || !instrument.Enabled(i.handle) || !i.records(ctx, method) || instrument.IsPending(ctx, i.handle) {
		return nil
	}
	o := new(outgoing)
	o.ctx = o.pending.Begin(ctx, i.handle)
	return o
}

// outgoing is a call of a client.
type outgoing struct {
	pending instrument.Pending
	ctx     context.Context // lives as long as the call
}

// end records the call, the first time that it is called.
func (o *outgoing) end(err error) {
	if refused := o.pending.Err(); refused != nil {
		err = refused
	}
	o.pending.End(err)
}

// SPDX-License-Identifier: Apache-2.0

package authconnect

import (
	"context"
	"errors"
	"io"

	"connectrpc.com/connect"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// outgoing is a call of a client.
type outgoing struct {
	pending instrument.Pending
	ctx     context.Context // lives as long as the call
}

func (i *Interceptor) dial(ctx context.Context, spec connect.Spec) *outgoing {
	if i == nil || !instrument.Enabled(i.handle) || !i.records(ctx, spec) || instrument.IsPending(ctx, i.handle) {
		return nil
	}
	o := new(outgoing)
	o.ctx = o.pending.Begin(ctx, i.handle)
	return o
}

// end records the call, the first time that it is called.
func (o *outgoing) end(err error) {
	if refused := o.pending.Err(); refused != nil {
		err = refused
	} else if code, known := codeOf(err); known {
		err = called(err, code)
	}
	o.pending.End(err)
}

// called says what an error that has a code comes to for a client.
func called(err error, code connect.Code) error {
	outcome := instrument.GRPCOutcome(uint32(code))
	if outcome == nil && code != 0 {
		outcome = instrument.Failure(semconv.ReasonOther)
	}
	return instrument.WithDefault(err, outcome)
}

func (i *Interceptor) callUnary(ctx context.Context, req connect.AnyRequest, next connect.UnaryFunc) (connect.AnyResponse, error) {
	o := i.dial(ctx, req.Spec())
	if o == nil {
		return next(ctx, req)
	}
	err := instrument.Error(semconv.ErrorTypeInternal) // what a panic leaves it at
	defer func() { o.end(err) }()
	resp, err := next(o.ctx, req)
	return resp, err
}

// WrapStreamingClient implements [connect.Interceptor].
func (i *Interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		o := i.dial(ctx, spec)
		if o == nil {
			return next(ctx, spec)
		}
		var conn connect.StreamingClientConn
		defer func() {
			if conn == nil { // a panic
				o.end(instrument.Error(semconv.ErrorTypeInternal))
			}
		}()
		conn = next(o.ctx, spec)
		return &clientConn{conn, o, context.AfterFunc(ctx, func() { o.end(ctx.Err()) })}
	}
}

// clientConn sees how a stream of a client ends.
type clientConn struct {
	connect.StreamingClientConn
	call   *outgoing
	forget func() bool // the end of the context
}

func (c *clientConn) end(err error) {
	c.call.end(err)
	c.forget()
}

// Send ends the call on an error of the client's side; io.EOF stands for an error of
// the server's, which Receive has.
func (c *clientConn) Send(msg any) error {
	err := c.StreamingClientConn.Send(msg)
	if err != nil && !errors.Is(err, io.EOF) {
		c.end(err)
	}
	return err
}

// Receive ends the call at the end of the stream and on every error.
func (c *clientConn) Receive(msg any) error {
	err := c.StreamingClientConn.Receive(msg)
	switch {
	case errors.Is(err, io.EOF):
		c.end(nil)
	case err != nil:
		c.end(err)
	}
	return err
}

// CloseResponse ends a call that is closed before its end.
func (c *clientConn) CloseResponse() error {
	err := c.StreamingClientConn.CloseResponse()
	c.end(instrument.Error(semconv.ErrorTypeCanceled))
	return err
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// text is the one message that all methods take and give.
type text = wrapperspb.StringValue

func value(s string) *text { return wrapperspb.String(s) }

var tokensDesc = grpc.ServiceDesc{
	ServiceName: "issuer.Tokens",
	Methods:     []grpc.MethodDesc{unary("/issuer.Tokens/Introspect", introspect)},
}

var ordersDesc = grpc.ServiceDesc{
	ServiceName: "shop.Orders",
	Methods: []grpc.MethodDesc{
		unary("/shop.Orders/Get", get),
		unary("/shop.Orders/Ping", func(_ context.Context, m *text) (*text, error) { return m, nil }),
	},
	Streams: []grpc.StreamDesc{{StreamName: "Watch", ServerStreams: true, Handler: watch}},
}

// unary describes a method as generated code does.
func unary(method string, serve func(context.Context, *text) (*text, error)) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: method[strings.LastIndex(method, "/")+1:],
		Handler: func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			in := new(text)
			if err := decode(in); err != nil {
				return nil, err
			}
			handler := func(ctx context.Context, req any) (any, error) { return serve(ctx, req.(*text)) }
			if interceptor == nil {
				return handler(ctx, in)
			}
			return interceptor(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: method}, handler)
		},
	}
}

// watch sends an order again whenever it changes, which it does not any more.
func watch(_ any, stream grpc.ServerStream) error {
	owner := new(text)
	if err := stream.RecvMsg(owner); err != nil {
		return err
	}
	order, err := get(stream.Context(), owner)
	if err != nil {
		return err
	}
	return stream.SendMsg(order)
}

// userKey is where the context has the user that a token belongs to.
type userKey struct{}

// checked is a stream of which the user is known.
type checked struct {
	grpc.ServerStream
	ctx context.Context
}

func (c checked) Context() context.Context { return c.ctx }

// serve serves on a free port of loopback until stop is called, which waits for what is under way and
// may be called again.
func serve(ctx context.Context, desc *grpc.ServiceDesc, opts ...grpc.ServerOption) (addr string, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := grpc.NewServer(opts...)
	s.RegisterService(desc, nil)
	go func() { _ = s.Serve(listener) }()
	return listener.Addr().String(), s.GracefulStop, nil
}

func dial(addr string, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
}

// call calls a method of orders.
func call(ctx context.Context, conn *grpc.ClientConn, token, method, owner string) error {
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	if method != "Watch" {
		return conn.Invoke(ctx, "/shop.Orders/"+method, value(owner), new(text))
	}
	stream, err := conn.NewStream(ctx, &ordersDesc.Streams[0], "/shop.Orders/Watch")
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(value(owner)), stream.CloseSend()); err != nil {
		return err
	}
	for err == nil {
		err = stream.RecvMsg(new(text))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// show prints the series of these metrics that are not zero.
func show(ctx context.Context, out io.Writer, url string, metrics ...string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	fmt.Fprintf(out, "\n%s\n", url)
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		for _, m := range metrics {
			if strings.HasPrefix(lines.Text(), m+"{") && !strings.HasSuffix(lines.Text(), " 0") {
				fmt.Fprintln(out, lines.Text())
			}
		}
	}
	return lines.Err()
}

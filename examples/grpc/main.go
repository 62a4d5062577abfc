// SPDX-License-Identifier: Apache-2.0

// Grpc is a gRPC service with an interceptor of its own that checks tokens, and what
// authgrpc records around it. "orders" looks every token up at "tokens", another
// service, and shows orders to whom they belong. With no more than
//
//	go run ./examples/grpc
//
// it calls itself in every way, good and bad, with the issuer of the tokens there
// and gone, prints what the client got and what /metrics says, and ends.
//
// This file has every use of the SDK. How two services are described without
// generated code is in wire.go, which knows nothing of telemetry.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/semconv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "grpc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()

	// The pipeline: Prometheus on a free port of loopback.
	metrics, err := prom.New(prom.WithAddress("127.0.0.1:0"))
	if err != nil {
		return err
	}
	pipe, err := exporter.Start(ctx, exporter.WithExporter("prometheus", metrics))
	if err != nil {
		return err
	}
	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices("orders"))
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, rec.Shutdown(ctx), pipe.Shutdown(ctx))
	}()
	if err != nil {
		return err
	}
	svc := rec.Service("orders")

	issuer, stopIssuer, err := serve(ctx, &tokensDesc)
	if err != nil {
		return err
	}
	defer stopIssuer()

	// A client of the issuer whose calls are recorded: what it says, and whether it is there.
	lookups := authgrpc.NewClientInterceptor(svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIntrospect))
	tokens, err := dial(issuer, grpc.WithChainUnaryInterceptor(lookups.Unary))
	if err != nil {
		return err
	}
	defer tokens.Close()

	// The order matters. What records the check of the token lies outside of the check; what records
	// decisions lies inside, since of those who were not let in there is nothing to decide. A denial is
	// seen by both: the token was good and did not suffice.
	api := authgrpc.WithFilter(func(_ context.Context, method string) bool { return method != "/shop.Orders/Ping" })
	verifications := authgrpc.NewServerInterceptor(svc.TokenVerification(semconv.TokenTypeAccess), api)
	decisions := authgrpc.NewServerInterceptor(svc.Authorization(semconv.EnforcementEnforced), api)
	own := checker{tokens}
	orders, stopOrders, err := serve(ctx, &ordersDesc,
		grpc.ChainUnaryInterceptor(verifications.Unary, own.unary, decisions.Unary),
		grpc.ChainStreamInterceptor(verifications.Stream, own.stream, decisions.Stream))
	if err != nil {
		return err
	}
	defer stopOrders()

	client, err := dial(orders)
	if err != nil {
		return err
	}
	defer client.Close()
	say := func(what, token, method, owner string) {
		fmt.Fprintf(out, "%-32s %v\n", what, status.Code(call(ctx, client, token, method, owner)))
	}
	say("a probe", "", "Ping", "")
	say("her own order", "alice's token", "Get", "alice")
	say("her own order, watched", "alice's token", "Watch", "alice")
	say("an order of another", "alice's token", "Get", "bob")
	say("an order that is not there", "bob's token", "Get", "bob")
	say("an expired token", "alice's old token", "Get", "alice")
	say("a guess", "guess", "Watch", "alice")
	say("no token", "", "Get", "alice")
	stopIssuer()
	say("the issuer is gone", "alice's token", "Get", "alice")

	return show(ctx, out, "http://"+metrics.Addr().String()+"/metrics",
		"auth_token_verifications_total", "auth_authorization_decisions_total", "auth_token_operations_total")
}

// introspect is the work of the issuer: whose token is it? It knows two, and an old one.
func introspect(_ context.Context, token *text) (*text, error) {
	switch token.GetValue() {
	case "alice's token":
		return value("alice"), nil
	case "bob's token":
		return value("bob"), nil
	case "alice's old token":
		return nil, status.Error(codes.FailedPrecondition, "expired")
	}
	return nil, status.Error(codes.Unauthenticated, "unknown token")
}

// checker checks the tokens of every method but Ping. It would look like this without any telemetry,
// save for one line.
type checker struct{ tokens *grpc.ClientConn }

func (c checker) check(ctx context.Context, method string) (context.Context, error) {
	if method == "/shop.Orders/Ping" {
		return ctx, nil
	}
	token := strings.TrimPrefix(strings.Join(metadata.ValueFromIncomingContext(ctx, "authorization"), ""), "Bearer ")
	if token == "" {
		return nil, status.Error(codes.Unauthenticated, "no token")
	}
	user := new(text)
	switch err := c.tokens.Invoke(ctx, "/issuer.Tokens/Introspect", value(token), user); status.Code(err) {
	case codes.OK:
		return context.WithValue(ctx, userKey{}, user.GetValue()), nil
	case codes.FailedPrecondition:
		instrument.Fail(ctx, semconv.ReasonExpired) // the client need not know, the metrics should
		return nil, status.Error(codes.Unauthenticated, "token refused")
	case codes.Unauthenticated:
		return nil, status.Error(codes.Unauthenticated, "token refused")
	}
	return nil, status.Error(codes.Unavailable, "try again later")
}

func (c checker) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, err := c.check(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (c checker) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, err := c.check(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(srv, checked{stream, ctx})
}

// get is the work of orders.
func get(ctx context.Context, owner *text) (*text, error) {
	switch user, _ := ctx.Value(userKey{}).(string); {
	case user != owner.GetValue():
		return nil, status.Error(codes.PermissionDenied, "not yours")
	case user == "bob":
		return nil, status.Error(codes.NotFound, "no order")
	}
	return value("one teapot, on its way"), nil
}

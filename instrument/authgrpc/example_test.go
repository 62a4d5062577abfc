// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/semconv"
)

// show prints what is not zero of a counter.
func show(reader sdkmetric.Reader, name string) {
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		fmt.Println(err)
	}
	lines := map[string]int64{}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		if m.Name != name || !ok {
			continue
		}
		for _, p := range sum.DataPoints {
			if p.Value > 0 {
				lines[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
			}
		}
	}
	for _, l := range slices.Sorted(maps.Keys(lines)) {
		fmt.Println(lines[l], l)
	}
}

func setUp() (*instrument.Service, sdkmetric.Reader) {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(instrument.WithServices("api"),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
	}
	return rec.Service("api"), reader
}

// ask serves a health service with these options and asks it with each of the tokens.
func ask(server []grpc.ServerOption, client []grpc.DialOption, tokens ...string) {
	lis := bufconn.Listen(1 << 16)
	s := grpc.NewServer(server...)
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	go func() { _ = s.Serve(lis) }()
	defer s.GracefulStop()
	conn, err := grpc.NewClient("passthrough:api", append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
	}, client...)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	for _, token := range tokens {
		ctx := context.Background()
		if token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
		}
		_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		fmt.Println(status.Code(err))
	}
}

// checkToken is the interceptor that the service has anyway; one call inside tells
// what the status does not.
func checkToken(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	switch token := metadata.ValueFromIncomingContext(ctx, "authorization"); {
	case len(token) == 0 || token[0] == "Bearer guess":
		return nil, status.Error(codes.Unauthenticated, "no access")
	case token[0] == "Bearer old":
		instrument.Fail(ctx, semconv.ReasonExpired)
		return nil, status.Error(codes.Unauthenticated, "no access")
	}
	return handler(ctx, req)
}

func ExampleNewServerInterceptor() {
	api, reader := setUp()
	tokens := authgrpc.NewServerInterceptor(api.TokenVerification(semconv.TokenTypeAccess))
	ask([]grpc.ServerOption{grpc.ChainUnaryInterceptor(tokens.Unary, checkToken)}, nil, "good", "guess", "old", "")

	show(reader, "auth.token.verifications")
	// Output:
	// OK
	// Unauthenticated
	// Unauthenticated
	// Unauthenticated
	// 1 auth.failure.reason=expired,auth.result=failure,auth.service.name=api,auth.token.type=access
	// 1 auth.failure.reason=invalid_credentials,auth.result=failure,auth.service.name=api,auth.token.type=access
	// 1 auth.result=none,auth.service.name=api,auth.token.type=access
	// 1 auth.result=success,auth.service.name=api,auth.token.type=access
}

// A server that takes credentials of several kinds.
func ExampleNewServiceInterceptor() {
	api, reader := setUp()
	rpcs := authgrpc.NewServiceInterceptor(api, authgrpc.WithBearerMethod(semconv.MethodJWT))
	ask([]grpc.ServerOption{grpc.ChainUnaryInterceptor(rpcs.Unary, checkToken)}, nil, "good", "")

	show(reader, "auth.authentication.attempts")
	// Output:
	// OK
	// Unauthenticated
	// 1 auth.method=jwt,auth.result=success,auth.service.name=api
	// 1 auth.method=none,auth.result=none,auth.service.name=api
}

// Calls to a service that issues tokens, as the client sees them.
func ExampleNewClientInterceptor() {
	api, reader := setUp()
	issue := authgrpc.NewClientInterceptor(api.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue))
	ask([]grpc.ServerOption{grpc.UnaryInterceptor(checkToken)},
		[]grpc.DialOption{grpc.WithChainUnaryInterceptor(issue.Unary)}, "good", "guess")

	show(reader, "auth.token.operations")
	// Output:
	// OK
	// Unauthenticated
	// 1 auth.result=failure,auth.service.name=api,auth.token.operation=issue,auth.token.type=access
	// 1 auth.result=success,auth.service.name=api,auth.token.operation=issue,auth.token.type=access
}

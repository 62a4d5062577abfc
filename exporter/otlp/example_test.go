// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/otlp"
)

func Example() {
	ctx := context.Background()
	exp, err := otlp.New(ctx,
		otlp.WithEndpoint("https://collector.example.com:4317"),
		otlp.WithHeaders(map[string]string{"api-key": "not shown anywhere"}),
		otlp.WithInterval(30*time.Second),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			fmt.Println(err)
		}
	}()

	fmt.Println(exp)
	// Output: otlp grpc https://collector.example.com:4317 every 30s
}

// With the environment as the operator set it, and one thing that the program
// insists on.
func ExampleFromEnv() {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
		"OTEL_METRIC_EXPORT_INTERVAL": "1000",
	} {
		_ = os.Setenv(name, value)
		defer func() { _ = os.Unsetenv(name) }()
	}
	ctx := context.Background()
	exp, err := otlp.FromEnv(ctx, os.Getenv, otlp.WithInterval(15*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = exp.Shutdown(ctx) }()
	fmt.Println(exp)
	// Output: otlp http/protobuf http://localhost:4318/v1/metrics every 15s
}

// Everything that is wrong is told at once.
func ExampleNew_errors() {
	_, err := otlp.New(context.Background(),
		otlp.WithProtocol("http/json"),
		otlp.WithTimeout(-time.Second))
	fmt.Println(err)
	// Output:
	// otlp: WithProtocol("http/json"): want grpc or http/protobuf
	// otlp: WithTimeout("-1s"): want at least 100ms
}

// What the last push could not deliver is in the error.
func ExampleDeliveryError() {
	ctx := context.Background()
	exp, err := otlp.New(ctx, otlp.WithEndpoint("http://127.0.0.1:1"), otlp.WithTimeout(otlp.MinDuration))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
	logins, err := provider.Meter("example").Int64Counter("logins")
	if err != nil {
		fmt.Println(err)
		return
	}
	logins.Add(ctx, 1)

	var lost *otlp.DeliveryError
	if errors.As(provider.Shutdown(ctx), &lost) {
		fmt.Printf("%d data point of %d metric lost\n", lost.DataPoints, lost.Metrics)
	}
	// Output: 1 data point of 1 metric lost
}

// SPDX-License-Identifier: Apache-2.0

package views_test

import (
	"context"
	"fmt"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
	"github.com/datapunk/otelauth/views"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// A program with its own MeterProvider adds the options to it.
func ExampleDefault() {
	opts, err := views.Default()
	if err != nil {
		fmt.Println(err)
		return
	}
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
	defer provider.Shutdown(context.Background())

	d, _ := authconv.NewAuthenticationDuration(provider.Meter("example"))
	d.Record(context.Background(), 0.03, "api", semconv.MethodPassword, semconv.ResultSuccess)

	var rm metricdata.ResourceMetrics
	_ = reader.Collect(context.Background(), &rm)
	h := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64])
	fmt.Println(h.DataPoints[0].Bounds)
	// Output: [0.005 0.01 0.025 0.05 0.075 0.1 0.15 0.2 0.3 0.5 1 2.5 5 10]
}

// A wrong name is an error that says which.
func ExampleDefault_wrongChoice() {
	_, err := views.Default(
		views.Buckets("auth.authentication.latency", 0.1, 1),
		views.Drop("auth.authentication.attempts", "user.name"),
	)
	fmt.Println(err)
	// Output:
	// views: Buckets("auth.authentication.latency"): no such metric in the registry
	// views: Drop("auth.authentication.attempts"): has no attribute "user.name"
}

// Dashboards that look at a few thresholds need few buckets.
func ExampleBuckets() {
	_, err := views.Default(views.Buckets("auth.token.verification.duration", 0.001, 0.01, 0.1))
	fmt.Println(err)
	// Output: <nil>
}

// An alert on failures by reason does without the tenant.
func ExampleDrop() {
	_, err := views.Default(views.Drop("auth.authentication.attempts", semconv.TenantKey))
	fmt.Println(err)
	// Output: <nil>
}

// A gauge cannot lose an attribute: its series would overwrite one another.
func ExampleDrop_gauge() {
	_, err := views.Default(views.Drop("auth.rate_limit.usage", semconv.ServiceNameKey))
	fmt.Println(err)
	// Output: views: Drop("auth.rate_limit.usage"): series of a gauge cannot be merged, they would overwrite one another
}

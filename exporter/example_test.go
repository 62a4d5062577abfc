// SPDX-License-Identifier: Apache-2.0

package exporter_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/views"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// The operator decides by the OTEL_* variables where metrics go.
func ExampleStart() {
	ctx := context.Background()
	pipe, err := exporter.Start(ctx, exporter.FromEnv())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pipe.Shutdown(context.WithoutCancel(ctx))
	// Give pipe.MeterProvider() to instrument.New.
}

// Everything that is wrong is said at once.
func ExampleStart_errors() {
	pipe, err := exporter.Start(context.Background(),
		exporter.WithPrometheus(prom.WithMaxRequests(0)),
		exporter.WithViews(views.Limit(0)),
		exporter.WithServiceName(""),
	)
	fmt.Println(err)
	fmt.Println(pipe.String()) // nil, and safe to use
	// Output:
	// exporter: WithServiceName(""): empty name
	// views: Limit(0): at least 1
	// prom: WithMaxRequests(0): at least 1
	// disabled
}

// A flag such as -check of a program may do this and no more.
func ExampleCheck() {
	fmt.Println(exporter.Check(
		exporter.WithOTLP(otlp.WithEndpoint("https://collector.example.com"), otlp.WithInterval(60)),
		exporter.WithPrometheus(prom.WithAddress("9464")),
	))
	// Output:
	// otlp: WithInterval("60ns"): want at least 100ms
	// prom: WithAddress("9464"): not host:port: address 9464: missing port in address
}

// Several exporters read the same metrics.
func ExampleWithOTLP() {
	pipe, err := exporter.Start(context.Background(),
		exporter.WithPrometheus(prom.WithAddress("127.0.0.1:0")),
		exporter.WithOTLP(otlp.WithEndpoint("https://127.0.0.1:4317")),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	defer pipe.Shutdown(ctx)
	for line := range strings.SplitSeq(pipe.String(), "\n") {
		fmt.Println(strings.Fields(line)[0])
	}
	// Output:
	// prometheus
	// otlp
}

// pull is an exporter of one's own: a reader that something else asks.
type pull struct{ *sdkmetric.ManualReader }

func (p pull) Reader() sdkmetric.Reader { return p.ManualReader }
func (p pull) String() string           { return "asked by the health page" }

func ExampleWithExporter() {
	pipe, err := exporter.Start(context.Background(),
		exporter.WithExporter("health", pull{sdkmetric.NewManualReader()}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pipe)
	fmt.Println(pipe.Shutdown(context.Background()))
	// Output:
	// health asked by the health page
	// <nil>
}

// A name that OTEL_METRICS_EXPORTER may hold from now on.
func ExampleRegister() {
	err := exporter.Register("health", func(context.Context, func(string) string) (exporter.Exporter, error) {
		return pull{sdkmetric.NewManualReader()}, nil
	})
	if err != nil {
		fmt.Println(err)
	}
}

// The names of what is built in are taken.
func ExampleRegister_taken() {
	fmt.Println(exporter.Register("otlp", func(context.Context, func(string) string) (exporter.Exporter, error) {
		return pull{sdkmetric.NewManualReader()}, nil
	}))
	// Output: exporter: Register("otlp"): the name is taken
}

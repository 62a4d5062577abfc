// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/views"
)

// seriesPerService is room for all that one service of a log can give in one counter: the SDK's own limit of 2000
// series is made for a program that knows its services.
const seriesPerService = 512

// memory is an exporter of our own: it keeps the metrics in the process, where the summary reads them.
type memory struct{ reader *sdkmetric.ManualReader }

func (m memory) Reader() sdkmetric.Reader     { return m.reader }
func (memory) Shutdown(context.Context) error { return nil }
func (memory) String() string                 { return "memory, for the summary" }

// startPipeline starts what the options name, and always the reader that the summary is made from.
func startPipeline(ctx context.Context, o options) (*exporter.Pipeline, *sdkmetric.ManualReader, error) {
	reader := sdkmetric.NewManualReader()
	opts := []exporter.Option{
		exporter.FromEnv(),
		exporter.WithServiceName("otelauth-replay"),
		exporter.WithExporter("summary", memory{reader}),
		exporter.WithViews(views.Limit((o.services + 1) * seriesPerService)),
	}
	if o.serve != "" {
		opts = append(opts, exporter.WithPrometheus(prom.WithAddress(o.serve)))
	}
	if o.otlp != "" {
		opts = append(opts, exporter.WithOTLP(otlp.WithEndpoint(o.otlp)))
	}
	pipe, err := exporter.Start(ctx, opts...)
	return pipe, reader, err
}

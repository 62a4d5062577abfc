// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/views"
)

// careless is an environment that would lift every bound if it could.
var careless = map[string]string{
	"OTEL_GO_X_CARDINALITY_LIMIT":                              "0",
	"OTEL_METRICS_EXEMPLAR_FILTER":                             "always_on",
	"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE":        "delta",
	"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
	"OTEL_EXPORTER_OTLP_INSECURE":                              "true",
	"OTEL_EXPORTER_OTLP_METRICS_INSECURE":                      "true",
}

// seen is what a collector got, as far as the environment could change it.
type seen struct {
	series    int
	delta     bool
	exemplars int
	refused   bool // the push did not arrive
}

func (s seen) String() string {
	return fmt.Sprintf("%d series, delta %v, %d exemplars, refused %v", s.series, s.delta, s.exemplars, s.refused)
}

// The environment cannot lift what keeps a process and its data safe, although
// it may say where to push.
func TestPushEnvironment(t *testing.T) {
	noLeak(t)
	reports := catch(t)
	for name, value := range careless {
		t.Setenv(name, value)
	}
	const limit = 10
	c := otlptest.GRPC(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL())
	pipe, err := exporter.Start(t.Context(), exporter.FromEnv(), exporter.WithOTLP(), exporter.WithViews(views.Limit(limit)))
	if err != nil {
		t.Fatal(err)
	}
	got := flood(t, c, pipe.MeterProvider(), pipe.ForceFlush)
	if want := (seen{series: limit}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if n := len(reports.with("not obeyed")); n != 1 {
		t.Errorf("%d reports of what is not obeyed, want 1: %q", n, reports.with(""))
	}
	if err := pipe.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// An endpoint of the program's stays as safe as the program made it.
func TestPushEnvironmentIsNoReasonForPlaintext(t *testing.T) {
	noLeak(t)
	catch(t)
	for name, value := range careless {
		t.Setenv(name, value)
	}
	c := otlptest.GRPC(t)
	pipe, err := exporter.Start(t.Context(), exporter.FromEnv(),
		exporter.WithOTLP(otlp.WithEndpoint(c.Addr()), otlp.WithTimeout(2*otlp.MinDuration)))
	if err != nil {
		t.Fatal(err)
	}
	if got := flood(t, c, pipe.MeterProvider(), pipe.ForceFlush); !got.refused || c.Attempts() > 0 {
		t.Errorf("%v: pushed in plaintext", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = pipe.Shutdown(ctx)
}

func TestPushEnvironmentPlain(t *testing.T) {
	if !pushLong {
		t.Skip("for comparison, with OTELAUTH_FAULTS=long")
	}
	for name, value := range careless {
		t.Setenv(name, value)
	}
	c := otlptest.GRPC(t)
	exp, err := otlpmetricgrpc.New(t.Context(), otlpmetricgrpc.WithEndpoint(c.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
	t.Log(flood(t, c, provider, provider.ForceFlush))
	_ = provider.Shutdown(t.Context())
}

// flood records three thousand values of an attribute inside a span that is
// sampled, and pushes them.
func flood(t *testing.T, c *otlptest.Collector, p metric.MeterProvider, flush func(context.Context) error) seen {
	t.Helper()
	counter, err := p.Meter("test").Int64Counter("shop.events")
	if err != nil {
		t.Fatal(err)
	}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
	for i := range 3000 {
		counter.Add(ctx, 1, metric.WithAttributes(attribute.Int("value", i)))
	}
	got := seen{refused: flush(t.Context()) != nil}
	for _, r := range c.Requests() {
		for _, scope := range r.Metrics[0].GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				if m.GetName() != "shop.events" {
					continue
				}
				sum := m.GetSum()
				got.series += len(sum.GetDataPoints())
				got.delta = sum.GetAggregationTemporality() == metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
				for _, p := range sum.GetDataPoints() {
					got.exemplars += len(p.GetExemplars())
				}
			}
		}
	}
	return got
}

// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// manySeries come about because each service and method has a series for every
// outcome from the start, so that the first failure is a step.
const (
	manySeries = 40_000
	services   = 220
	methods    = 10
)

// Forty thousand series go through a gRPC server's limit of 4 MiB.
func TestPushManySeries(t *testing.T) {
	noLeak(t)
	catch(t)
	for _, protocol := range []string{otlp.ProtocolGRPC, otlp.ProtocolHTTP} {
		if protocol == otlp.ProtocolHTTP && !pushLong {
			continue // an HTTP server has no such limit
		}
		t.Run(protocol, func(t *testing.T) {
			c := otlptest.GRPC(t)
			if protocol == otlp.ProtocolHTTP {
				c = otlptest.HTTP(t)
			}
			names := make([]string, services)
			for i := range names {
				names[i] = serviceName(i)
			}
			pipe, err := exporter.Start(t.Context(), exporter.WithViews(views.Limit(2*manySeries)),
				exporter.WithOTLP(otlp.WithProtocol(protocol), otlp.WithEndpoint(c.URL()), otlp.WithInterval(time.Hour)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				ctx, cancel := context.WithCancel(t.Context())
				cancel() // what is left need not arrive
				_ = pipe.Shutdown(ctx)
			}()
			rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices(names...))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				service := rec.Service(name)
				for m := range semconv.Method(methods) {
					service.Authentication(m).Count(t.Context(), nil)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := pipe.ForceFlush(ctx); err != nil {
				t.Fatal(err)
			}
			series, logins := map[string]bool{}, 0.0
			for _, p := range c.Points(attempts) {
				logins += p.Value
				series[fmt.Sprint(p.Attributes)] = true
			}
			points, bytes, largest := 0, 0, 0
			for _, r := range c.Requests() {
				points, bytes, largest = points+r.DataPoints(), bytes+r.Size, max(largest, r.Size)
			}
			t.Logf("%d series in %d requests of %.1f MB in all, %d KiB at most",
				len(series), len(c.Requests()), float64(bytes)/1e6, largest>>10)
			if len(series) < manySeries || logins != services*methods {
				t.Errorf("%d series with %v logins arrived, want at least %d, and %d", len(series), logins, manySeries, services*methods)
			}
			// Were one refused, the rest would come in halves.
			if want := (points + otlp.DefaultBatchSize - 1) / otlp.DefaultBatchSize; len(c.Requests()) != want {
				t.Errorf("%d requests for %d points, want %d", len(c.Requests()), points, want)
			}
			if bytes < 4<<20 {
				t.Errorf("%d bytes in all prove nothing, want more than 4 MiB", bytes)
			}
		})
	}
}

// Without batches the same series are refused.
func TestPushManySeriesPlain(t *testing.T) {
	if !pushLong {
		t.Skip("for comparison, with OTELAUTH_FAULTS=long")
	}
	c := otlptest.GRPC(t)
	exp, err := otlpmetricgrpc.New(t.Context(), otlpmetricgrpc.WithEndpointURL(c.URL()))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithCardinalityLimit(0),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))))
	counter, err := provider.Meter("plain").Int64Counter(attempts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range services {
		for m := range manySeries / services {
			counter.Add(t.Context(), 1, metric.WithAttributes(semconv.ServiceNameKey.String(serviceName(i)),
				attribute.String("auth.method", fmt.Sprintf("method-%d", m)), semconv.ResultSuccess.Attr()))
		}
	}
	err = provider.ForceFlush(t.Context())
	t.Logf("%d requests accepted: %v", len(c.Requests()), err)
	_ = provider.Shutdown(t.Context())
}

func serviceName(i int) string {
	return fmt.Sprintf("service-%04d.%s", i, strings.Repeat("x", 20))
}

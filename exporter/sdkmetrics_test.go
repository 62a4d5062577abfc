// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/internal/otlptest"
)

// alone runs the test in a process of its own: what it sets globally can be set
// once only. It tells whether this is that process.
func alone(t *testing.T) bool {
	t.Helper()
	const variable = "OTELAUTH_ALONE"
	if os.Getenv(variable) == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

func TestSDKMetrics(t *testing.T) {
	if !alone(t) {
		return
	}
	setenv(t, map[string]string{observability: "false"})
	stranger, err := otel.Meter("example.com/library").Int64Counter("library.requests")
	if err != nil {
		t.Fatal(err)
	}
	collector := otlptest.GRPC(t)
	p := start(t, onFreePort(), WithOTLP(otlp.WithEndpoint(collector.URL())), WithSDKMetrics())
	if got := os.Getenv(observability); got != "false" {
		t.Errorf("%s=%q after Start, want what it was", observability, got)
	}
	stranger.Add(context.Background(), 1)
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	body := scrape(t, p)
	for _, want := range []string{
		`otel_sdk_metric_reader_collection_duration_seconds_count{`,
		`otel_sdk_exporter_metric_data_point_exported_total{`,
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "library_requests") {
		t.Errorf("a library that records in the global provider is measured too:\n%s", body)
	}
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, ok := collector.Last("otel.sdk.metric_reader.collection.duration"); !ok {
		t.Error("no metric of the SDK was pushed")
	}
}

func TestSDKMetricsAreOff(t *testing.T) {
	if !alone(t) {
		return
	}
	setenv(t, nil)
	p := start(t, onFreePort())
	scrape(t, p)
	if body := scrape(t, p); strings.Contains(body, "otel_sdk_") {
		t.Errorf("metrics of the SDK that nobody asked for:\n%s", body)
	}
}

// The program's own global provider stays, and gets the metrics.
func TestSDKMetricsGoToTheProgramsProvider(t *testing.T) {
	if !alone(t) {
		return
	}
	setenv(t, nil)
	reader := sdkmetric.NewManualReader()
	own := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	otel.SetMeterProvider(own)
	p := start(t, onFreePort(), WithSDKMetrics())
	if otel.GetMeterProvider() != own {
		t.Error("the program's provider is no longer the global one")
	}
	if body := scrape(t, p); strings.Contains(body, "otel_sdk_") {
		t.Errorf("metrics of the SDK in two providers:\n%s", body)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			if strings.HasPrefix(m.Name, "otel.sdk.") {
				return
			}
		}
	}
	t.Error("no metric of the SDK in the program's provider")
}

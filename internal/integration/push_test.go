// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// ofExporter begins the names of the metrics that package exporter makes and package instrument does not.
const (
	ofExporter = "auth.sdk.export."
	ofPipeline = "auth.sdk.pipeline."
)

// TestCollectorReceivesExactValues pushes a known traffic to a Collector's receiver over both protocols, and wants each
// data point there with its exact value.
func TestCollectorReceivesExactValues(t *testing.T) {
	for _, tt := range []struct{ protocol, receiver string }{
		{otlp.ProtocolGRPC, "grpc"},
		{otlp.ProtocolHTTP, "http"},
	} {
		t.Run(tt.receiver, func(t *testing.T) {
			c := newCollector(t, tt.receiver)
			exp, err := otlp.New(t.Context(), otlp.WithProtocol(tt.protocol),
				otlp.WithEndpoint("https://"+c.addr), otlp.WithCACertificate(c.cert),
				otlp.WithInterval(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			opts, err := views.Default()
			if err != nil {
				t.Fatal(err)
			}
			provider := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(exp.Reader()))...)
			drive(t.Context(), newRecorder(t, provider))
			if err := provider.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			pushed := time.Now()
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}

			seen := checkConformance(t, c.AllMetrics())
			for _, m := range semconv.Metrics() {
				if !seen[m.Name] && !strings.HasPrefix(m.Name, ofExporter) && !strings.HasPrefix(m.Name, ofPipeline) {
					t.Errorf("%s did not arrive", m.Name)
				}
			}
			checkDriven(t, received(c.AllMetrics()), pushed)
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// slow answers after the timeout that the environment asks for.
func slow(ctx context.Context, _ otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
	select {
	case <-time.After(20 * time.Millisecond):
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The exporters beneath read the environment of the process. Nothing of it may
// get through.
func TestHostileEnvironment(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		trap := collector(t)
		dir := t.TempDir()
		ca := write(t, filepath.Join(dir, "ca.pem"), otlptest.NewCA(t).PEM)
		cert, key := otlptest.NewCA(t).Client(t, "trap")
		for _, scope := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_METRICS_"} {
			for name, value := range map[string]string{
				"ENDPOINT":           trap.URL() + "/trap",
				"INSECURE":           "true",
				"HEADERS":            "x-trap=sprung",
				"COMPRESSION":        "none",
				"TIMEOUT":            "1",
				"CERTIFICATE":        ca,
				"CLIENT_CERTIFICATE": write(t, filepath.Join(dir, "cert.pem"), cert),
				"CLIENT_KEY":         write(t, filepath.Join(dir, "key.pem"), key),
			} {
				t.Setenv(scope+name, value)
			}
		}
		t.Setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
		t.Setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram")
		t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "1")
		t.Setenv("OTEL_METRIC_EXPORT_TIMEOUT", "1")

		t.Run("plaintext", func(t *testing.T) {
			c := collector(t)
			// Had the timeout of the environment a say, the answer would be too late.
			c.Answer(slow)
			p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()))
			requests := p.counter(t, "requests")
			requests.Add(t.Context(), 3)
			h, err := p.provider.Meter("test").Float64Histogram("seconds")
			if err != nil {
				t.Fatal(err)
			}
			h.Record(t.Context(), 1)
			p.mustFlush(t)
			requests.Add(t.Context(), 4)
			p.mustFlush(t)
			got := c.Requests()
			if len(got) != 2 {
				t.Fatalf("%d requests, want the 2 that were asked for", len(got))
			}
			if got[0].Encoding != "gzip" || got[0].Headers.Get("X-Trap") != "" || got[0].Path == "/trap" {
				t.Errorf("request with encoding %q, headers %v, path %q", got[0].Encoding, got[0].Headers, got[0].Path)
			}
			if last, _ := c.Last("requests"); last.Value != 7 {
				t.Errorf("requests = %v, want 7, cumulative", last.Value)
			}
			for _, s := range got[0].Metrics[0].GetScopeMetrics() {
				for _, m := range s.GetMetrics() {
					if _, ok := m.GetData().(*metricspb.Metric_ExponentialHistogram); ok {
						t.Errorf("%s is an exponential histogram", m.GetName())
					}
				}
			}
		})
		t.Run("TLS", func(t *testing.T) {
			authority := otlptest.NewCA(t)
			c := newRotating(t, collector, authority, nil)
			p := start(t, WithProtocol(protocol), WithEndpoint(c.Addr()),
				WithCACertificate(write(t, filepath.Join(t.TempDir(), "ca.pem"), authority.PEM)))
			p.counter(t, "requests").Add(t.Context(), 3)
			p.mustFlush(t)
			if n := len(c.Requests()); n != 1 {
				t.Errorf("%d requests over TLS, want 1", n)
			}
		})
		t.Run("no compression", func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
			t.Setenv("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip")
			c := collector(t)
			p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithCompression(CompressionNone))
			p.counter(t, "requests").Add(t.Context(), 3)
			p.mustFlush(t)
			if got := c.Requests()[0].Encoding; got != "" {
				t.Errorf("encoding = %q, want none", got)
			}
		})
		if n := trap.Attempts(); n != 0 {
			t.Errorf("%d requests went where the environment says", n)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
)

// startPipeline starts a program's own pipeline, with the driven traffic already recorded, and returns the address of
// its Prometheus endpoint. The options decide about all else.
func startPipeline(t *testing.T, opts ...exporter.Option) (addr string) {
	t.Helper()
	pipe, err := exporter.Start(t.Context(), append(opts, exporter.WithServiceName("integration"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		if err := pipe.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	drive(t.Context(), newRecorder(t, pipe.MeterProvider()))

	for line := range strings.Lines(pipe.String()) {
		if shown, ok := strings.CutPrefix(strings.TrimSpace(line), "prometheus "); ok {
			u, err := url.Parse(shown)
			if err != nil {
				t.Fatal(err)
			}
			return u.Host
		}
	}
	t.Fatalf("no Prometheus endpoint in %q", pipe)
	return ""
}

// pull is an endpoint on a free port.
func pull(opts ...prom.Option) exporter.Option {
	return exporter.WithPrometheus(append(opts, prom.WithAddress("127.0.0.1:0"))...)
}

// pushTo pushes to a Prometheus server four times a second.
func pushTo(endpoint string) exporter.Option {
	return exporter.WithOTLP(
		otlp.WithProtocol(otlp.ProtocolHTTP),
		otlp.WithEndpoint(endpoint+"/v1/metrics"),
		otlp.WithInterval(250*time.Millisecond))
}

// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net"
	"testing"
)

// TestPrometheusScrapesQuickstart is what a newcomer does: start the quickstart, point Prometheus at it, ask.
func TestPrometheusScrapesQuickstart(t *testing.T) {
	addr := freeAddr(t)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	startQuickstart(t, "OTEL_EXPORTER_PROMETHEUS_HOST="+host, "OTEL_EXPORTER_PROMETHEUS_PORT="+port)
	p := newPrometheus(t)
	p.scrape(addr, classic)
	p.answer(rows)
	p.answer([]row{{"target", `up`, equals(1)}})
}

// TestPrometheusReceivesQuickstart asks the same of a Prometheus that the quickstart pushes to. Nothing but
// variables differs, and no query does.
func TestPrometheusReceivesQuickstart(t *testing.T) {
	p := newPrometheus(t)
	startQuickstart(t,
		"OTEL_METRICS_EXPORTER=otlp",
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+p.receive(),
		"OTEL_SERVICE_NAME=shop",
		"OTEL_METRIC_EXPORT_INTERVAL=500")
	p.answer(rows)
	p.answer([]row{{"job", `target_info{job="shop"}`, equals(1)}})
}

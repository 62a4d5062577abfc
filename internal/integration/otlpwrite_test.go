// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net/http"
	"net/http/httptest"

	clientgolang "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/storage/remote"
)

// otlpPath is where a Prometheus server takes OTLP, as the endpoint of its clients: they add /v1/metrics.
const otlpPath = "/api/v1/otlp"

// receive serves Prometheus' own OTLP receiver into its storage, and returns the endpoint for an exporter.
func (p *prometheus) receive() string {
	handler := remote.NewOTLPWriteHandler(p.log, clientgolang.NewRegistry(), p.db,
		func() config.Config { return config.DefaultConfig }, remote.OTLPOptions{})
	mux := http.NewServeMux()
	mux.Handle("POST "+otlpPath+"/v1/metrics", handler)
	server := httptest.NewServer(mux)
	p.t.Cleanup(server.Close)
	return server.URL + otlpPath
}

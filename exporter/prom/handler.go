// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const metricsPath = "/metrics"

// scrape answers one with the registry's metrics.
func (e *Exporter) scrape(registry prometheus.Gatherer, c config) http.Handler {
	snapshots := &snapshots{
		gather:  registry.Gather,
		timeout: c.limits.collect,
		share:   c.limits.share,
		report:  e.report,
	}
	metrics := promhttp.HandlerForTransactional(snapshots, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: c.maxRequests,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.closed.Load() {
			http.Error(w, "shut down", http.StatusServiceUnavailable)
			return
		}
		t := &tracker{ResponseWriter: w}
		metrics.ServeHTTP(t, r)
		switch {
		case r.Method != http.MethodGet:
		case t.wrote && !t.failed:
			e.lastSuccess.Store(time.Now().UnixNano())
		default:
			e.failures.Add(1)
		}
	})
}

// tracker tells whether an answer went out in full, as far as that can be known.
type tracker struct {
	http.ResponseWriter
	wrote, failed bool
}

func (t *tracker) WriteHeader(code int) {
	if code != http.StatusOK {
		t.failed = true
	}
	t.ResponseWriter.WriteHeader(code)
}

func (t *tracker) Write(b []byte) (int, error) {
	t.wrote = true
	n, err := t.ResponseWriter.Write(b)
	if err != nil {
		t.failed = true
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// getOnly answers GET and HEAD and nothing else.
func getOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const indexPage = `<!DOCTYPE html>
<html lang="en"><head><title>Metrics</title></head>
<body><p><a href="` + metricsPath + `">Metrics</a></p></body></html>
`

// withIndex adds a page at / for whoever comes with a browser.
func withIndex(scrape http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(metricsPath, scrape)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, indexPage)
	})
	return mux
}

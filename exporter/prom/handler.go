// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
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
	slots := make(chan struct{}, c.maxRequests)
	collect := func(r *http.Request, format expfmt.Format) (*body, int, error) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			return nil, http.StatusServiceUnavailable, errBusy
		}
		b, err := snapshots.body(format, r.URL.Query()["name[]"])
		return b, http.StatusInternalServerError, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.closed.Load() {
			http.Error(w, "shut down", http.StatusServiceUnavailable)
			return
		}
		format := expfmt.NegotiateAccept(r.Header, formats...)
		b, status, err := collect(r, format)
		clientsTurn(w, r, c.limits.answer)
		if err != nil {
			http.Error(w, err.Error(), status)
		}
		e.note(r, err == nil && b.write(w, r, format))
	})
}

// note takes note of how a scrape ended. HEAD is none.
func (e *Exporter) note(r *http.Request, inFull bool) {
	switch {
	case r.Method != http.MethodGet:
	case inFull:
		e.lastSuccess.Store(time.Now().UnixNano())
	default:
		e.failures.Add(1)
	}
}

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

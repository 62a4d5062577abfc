// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/views"
)

type histogramBinder interface {
	Bind(...attribute.KeyValue) metric.Float64Histogram
}

// Histograms of the pipeline bind for every exporter of ours, and both kinds of
// call come out once.
func TestHistogramsBind(t *testing.T) {
	setenv(t, nil)
	p, err := prom.New(prom.WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	var console bytes.Buffer
	pipe := start(t, WithExporter("prometheus", p), WithConsole(&console))
	h, err := pipe.MeterProvider().Meter("shop").Float64Histogram("shop.wait", metric.WithExplicitBucketBoundaries(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	front := attribute.String("door", "front")
	h.(histogramBinder).Bind(front).Record(t.Context(), 1.5)
	h.Record(t.Context(), 3, metric.WithAttributes(front))

	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`shop_wait_bucket{door="front",le="1"} 0`, `shop_wait_bucket{door="front",le="2"} 1`,
		`shop_wait_bucket{door="front",le="+Inf"} 2`, `shop_wait_sum{door="front"} 4.5`,
	} {
		if n := strings.Count(w.Body.String(), line+"\n"); n != 1 {
			t.Errorf("%s: %d times in\n%s", line, n, w.Body)
		}
	}
	if err := pipe.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if n := strings.Count(console.String(), `"shop.wait"`); n != 1 {
		t.Errorf("the console has it %d times: %s", n, console.String())
	}
	// A pipeline that is down gives what does nothing.
	late, err := pipe.MeterProvider().Meter("shop").Float64Histogram("shop.late")
	if _, binds := late.(histogramBinder); err != nil || binds {
		t.Errorf("after the shutdown: %T, %v", late, err)
	}
}

func TestHistogramsDoNotBind(t *testing.T) {
	setenv(t, nil)
	own := newFake()
	for name, opts := range map[string][]Option{
		"an exporter of the caller's own": {WithExporter("own", own)},
		"exemplars":                       {WithConsole(&bytes.Buffer{}), WithViews(views.Exemplars())},
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, opts...).MeterProvider().Meter("shop")
			h, err := m.Float64Histogram("shop.wait")
			if _, binds := h.(histogramBinder); err != nil || binds {
				t.Errorf("got %T, %v", h, err)
			}
			c, err := m.Int64Counter("shop.orders")
			if err != nil {
				t.Fatal(err)
			}
			if e := c.(interface{ Exemplars() bool }).Exemplars(); e != (name == "exemplars") {
				t.Errorf("exemplars: %v", e)
			}
		})
	}
}

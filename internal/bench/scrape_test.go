// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/sys/unix"

	"github.com/datapunk/otelauth/views"
)

// A store is something that holds series: counters with four attributes, or
// histograms of fourteen boundaries with three.
type store struct {
	name    string
	counter func(tb testing.TB, series int) http.Handler
	hist    func(tb testing.TB, series int) http.Handler
}

var stores = []store{
	{"otelauth, our pipeline", ownCounters, ownHistograms},
	{"client_golang", promCounters, promHistograms},
	{"VictoriaMetrics", vmCounters, vmHistograms},
}

// ownStore is our pipeline with the limit out of the way.
func ownStore(tb testing.TB, series int) (metric.Meter, http.Handler) {
	mp, h := pipelineHandler(tb, views.Limit(series+1))
	return mp.Meter("bench"), h
}

func ownCounters(tb testing.TB, series int) http.Handler {
	m, h := ownStore(tb, series)
	c := must(m.Int64Counter("bench.attempts"))
	for i := range series {
		c.Add(tb.Context(), 1, metric.WithAttributes(kv4(strconv.Itoa(i))...))
	}
	return h
}

func ownHistograms(tb testing.TB, series int) http.Handler {
	m, h := ownStore(tb, series)
	hist := must(m.Float64Histogram("bench.duration", metric.WithExplicitBucketBoundaries(bounds...))).(interface {
		Bind(...attribute.KeyValue) metric.Float64Histogram
	})
	handles := make([]metric.Float64Histogram, series) // which whoever records keeps
	for i := range handles {
		handles[i] = hist.Bind(kv3(strconv.Itoa(i))...)
		handles[i].Record(tb.Context(), seconds[i&63])
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		runtime.KeepAlive(handles)
	})
}

func promCounters(_ testing.TB, series int) http.Handler {
	reg, c, _ := promVectors()
	for i := range series {
		c.WithLabelValues(strconv.Itoa(i), "password", "failure", "invalid_credentials").Inc()
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

func promHistograms(_ testing.TB, series int) http.Handler {
	reg, _, h := promVectors()
	for i := range series {
		h.WithLabelValues(strconv.Itoa(i), "password", "failure").Observe(seconds[i&63])
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

func vmHandler(s *vm.Set) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.WritePrometheus(w) })
}

func vmCounters(_ testing.TB, series int) http.Handler {
	s := vm.NewSet()
	for i := range series {
		s.GetOrCreateCounter(fmt.Sprintf(`auth_attempts_total{service="%d",method="password",result="failure",reason="invalid_credentials"}`, i)).Inc()
	}
	return vmHandler(s)
}

func vmHistograms(_ testing.TB, series int) http.Handler {
	s := vm.NewSet()
	for i := range series {
		s.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`auth_duration_seconds{service="%d",method="password",result="failure"}`, i), bounds).Update(seconds[i&63])
	}
	return vmHandler(s)
}

// BenchmarkScrape is one scrape of so many series, with the processor time of
// the whole process beside the wall's.
func BenchmarkScrape(b *testing.B) {
	for _, series := range []int{100, 1000, 5000, 10000, 100000} {
		for _, s := range stores {
			for kind, fill := range map[string]func(testing.TB, int) http.Handler{"counter": s.counter, "histogram": s.hist} {
				if kind == "histogram" && series > 10000 {
					continue // sixteen lines a series
				}
				b.Run(fmt.Sprintf("%s/%d/%s", kind, series, s.name), func(b *testing.B) {
					h := fill(b, series)
					if w := httptest.NewRecorder(); true {
						h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
						if w.Code != http.StatusOK {
							b.Skipf("answered %d: more than the exporter's time for a scrape", w.Code)
						}
					}
					runtime.GC()
					start := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
					b.ResetTimer()
					for range b.N {
						scrape(b, h)
					}
					b.ReportMetric(float64(clock(unix.CLOCK_PROCESS_CPUTIME_ID)-start)/float64(b.N)/1e6, "cpu-ms/op")
				})
			}
		}
	}
}

// TestMemory prints what a series holds, before the first scrape.
func TestMemory(t *testing.T) {
	if !*table {
		t.Skip("a measurement; see the package documentation")
	}
	const series = 10000
	var out strings.Builder
	fmt.Fprintf(&out, "\n| Bytes a series, of %d | counter | histogram |\n| --- | ---: | ---: |\n", series)
	for _, s := range stores {
		fmt.Fprintf(&out, "| %s | %.0f | %.0f |\n", s.name, held(t, series, s.counter), held(t, series, s.hist))
	}
	t.Log(out.String())
}

// held is the heap that a series holds, in bytes.
func held(t *testing.T, series int, fill func(testing.TB, int) http.Handler) float64 {
	before := heap()
	h := fill(t, series)
	after := heap()
	runtime.KeepAlive(h)
	return (float64(after) - float64(before)) / float64(series)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// rig is a Recorder on a real SDK whose clock the test moves.
type rig struct {
	t      *testing.T
	rec    *Recorder
	reader *sdkmetric.ManualReader
	clock  time.Duration
}

func newRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	g := &rig{t: t, reader: sdkmetric.NewManualReader()}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(g.reader), sdkmetric.WithCardinalityLimit(100_000))
	var err error
	g.rec, err = New(append([]Option{WithMeterProvider(mp)}, opts...)...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	g.rec.now = func() time.Duration { return g.clock }
	return g
}

// metrics collects and returns every metric by name.
func (g *rig) metrics() map[string]metricdata.Metrics {
	g.t.Helper()
	var rm metricdata.ResourceMetrics
	if err := g.reader.Collect(context.Background(), &rm); err != nil {
		g.t.Fatalf("Collect: %v", err)
	}
	ms := map[string]metricdata.Metrics{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			ms[m.Name] = m
		}
	}
	return ms
}

// values collects one metric and returns its points: the value of a sum or a
// gauge, the count of a histogram, by the attributes written as "k=v k=v" without
// their prefix auth. and in the order of their keys.
func (g *rig) values(name string) map[string]float64 {
	g.t.Helper()
	return points(g.metrics()[name])
}

func points(m metricdata.Metrics) map[string]float64 {
	vs := map[string]float64{}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			vs[label(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			vs[label(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			vs[label(p.Attributes)] = p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			vs[label(p.Attributes)] = float64(p.Count)
		}
	}
	return vs
}

func label(s attribute.Set) string {
	var b strings.Builder
	for _, kv := range s.ToSlice() {
		fmt.Fprintf(&b, " %s=%s", strings.TrimPrefix(string(kv.Key), "auth."), kv.Value.AsString())
	}
	return strings.TrimPrefix(b.String(), " ")
}

// want fails unless the non-zero points of the metric are exactly these.
func (g *rig) want(name string, want map[string]float64) {
	g.t.Helper()
	got := g.values(name)
	maps.DeleteFunc(got, func(_ string, v float64) bool { return v == 0 })
	if !maps.Equal(got, want) {
		g.t.Errorf("%s:\n got %v\nwant %v", name, sorted(got), sorted(want))
	}
}

func sorted(m map[string]float64) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "\n\t{%s} %v", k, m[k])
	}
	return b.String()
}

// sets returns the attribute set of every point of a metric.
func sets(m metricdata.Metrics) []attribute.Set {
	var ss []attribute.Set
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			ss = append(ss, p.Attributes)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			ss = append(ss, p.Attributes)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			ss = append(ss, p.Attributes)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			ss = append(ss, p.Attributes)
		}
	}
	return ss
}

// reports collects what goes to OpenTelemetry's error handler until the test ends.
func reports(t *testing.T) func() []error {
	t.Helper()
	var mu sync.Mutex
	var said []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err)
	}))
	t.Cleanup(func() {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	})
	return func() []error {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(said)
	}
}

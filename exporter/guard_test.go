// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const canary = "hunter2@example.com"

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
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) })) })
	return func() []error {
		mu.Lock()
		defer mu.Unlock()
		return append([]error(nil), said...)
	}
}

// onReader is a pipeline whose metrics the test collects.
func onReader(t *testing.T) (*Pipeline, func() map[string]metricdata.Metrics) {
	t.Helper()
	setenv(t, nil)
	own := newFake()
	p := start(t, WithExporter("own", own))
	return p, func() map[string]metricdata.Metrics {
		t.Helper()
		var rm metricdata.ResourceMetrics
		if err := own.reader.(*sdkmetric.ManualReader).Collect(context.Background(), &rm); err != nil {
			t.Errorf("Collect: %v", err)
		}
		all := map[string]metricdata.Metrics{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				all[m.Name] = m
			}
		}
		return all
	}
}

// total is the sum of a counter's points, or the count of a histogram's.
func total(t *testing.T, m metricdata.Metrics) float64 {
	t.Helper()
	var sum float64
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Sum[float64]:
		for _, p := range d.DataPoints {
			sum += p.Value
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			sum += p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			sum += p.Sum
		}
	default:
		t.Errorf("%s is a %T", m.Name, m.Data)
	}
	return sum
}

// callbacks registers one callback on every kind of observable instrument there
// is: what the callback says of itself is up to bad.
func callbacks(t *testing.T, m metric.Meter, prefix string, bad func() error) {
	t.Helper()
	i := metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error { o.Observe(1); return bad() })
	f := metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error { o.Observe(1); return bad() })
	about := metric.WithDescription("what " + prefix + " does")
	unit := metric.WithUnit("{thing}")
	_, err1 := m.Int64ObservableCounter(prefix+".ic", i, about, unit)
	_, err2 := m.Int64ObservableUpDownCounter(prefix+".iu", i, about, unit)
	_, err3 := m.Int64ObservableGauge(prefix+".ig", i, about, unit)
	_, err4 := m.Float64ObservableCounter(prefix+".fc", f, about, unit)
	_, err5 := m.Float64ObservableUpDownCounter(prefix+".fu", f, about, unit)
	_, err6 := m.Float64ObservableGauge(prefix+".fg", f, about, unit)
	both, err7 := m.Int64ObservableGauge(prefix+".registered", about, unit)
	_, err8 := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(both, 1)
		return bad()
	}, both)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		t.Fatal(err)
	}
}

var kinds = []string{"ic", "iu", "ig", "fc", "fu", "fg", "registered"}

func TestACallbackThatFailsCostsTheOthersNothing(t *testing.T) {
	for name, bad := range map[string]func() error{
		"error": func() error { return fmt.Errorf("for %s: refused", canary) },
		"panic": func() error { panic("for " + canary) },
	} {
		t.Run(name, func(t *testing.T) {
			said := reports(t)
			p, collect := onReader(t)
			m := p.MeterProvider().Meter("example.com/shop")
			callbacks(t, m, "bad", bad)
			callbacks(t, m, "good", func() error { return nil })
			count(t, p, "shop.orders")

			const collections = 3
			var got map[string]metricdata.Metrics
			for range collections {
				got = collect()
			}
			if v := total(t, got["shop.orders"]); v != 1 {
				t.Errorf("shop.orders: got %v, want 1", v)
			}
			for _, kind := range kinds {
				for _, prefix := range []string{"bad", "good"} { // what was observed before it failed counts
					g := got[prefix+"."+kind]
					if v := total(t, g); v != 1 || g.Unit != "{thing}" || g.Description != "what "+prefix+" does" {
						t.Errorf("%s.%s: got %v, unit %q, description %q", prefix, kind, v, g.Unit, g.Description)
					}
				}
			}
			if v := total(t, got["auth.sdk.pipeline.callback_failures"]); v != float64(collections*len(kinds)) {
				t.Errorf("callback failures: got %v, want %d", v, collections*len(kinds))
			}
			errs := said()
			if len(errs) != 1 {
				t.Errorf("reported %d times, want once a minute: %v", len(errs), errs)
			}
			for _, err := range errs {
				if strings.Contains(err.Error(), canary) {
					t.Errorf("%v: the report repeats what the callback said", err)
				}
			}
		})
	}
}

func TestNumbersThatSpoilASumAreRefused(t *testing.T) {
	p, collect := onReader(t)
	m := p.MeterProvider().Meter("example.com/shop")
	ic, err1 := m.Int64Counter("ic")
	fc, err2 := m.Float64Counter("fc")
	fu, err3 := m.Float64UpDownCounter("fu")
	fh, err4 := m.Float64Histogram("fh")
	fg, err5 := m.Float64Gauge("fg")
	iu, err6 := m.Int64UpDownCounter("iu")
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	ic.Add(ctx, 5)
	ic.Add(ctx, -3)
	iu.Add(ctx, 5)
	iu.Add(ctx, -3) // what it is for
	for _, v := range []float64{2, math.NaN(), math.Inf(1), math.Inf(-1), -1} {
		fc.Add(ctx, v)
		fu.Add(ctx, v)
		fh.Record(ctx, v)
		fg.Record(ctx, v)
	}
	got := collect()
	for name, want := range map[string]float64{"ic": 5, "iu": 2, "fc": 2, "fu": 1, "fh": 1, "fg": -1} {
		if v := total(t, got[name]); v != want {
			t.Errorf("%s: got %v, want %v", name, v, want)
		}
	}
	refused := map[string]int64{}
	for _, dp := range got["auth.sdk.pipeline.rejected_measurements"].Data.(metricdata.Sum[int64]).DataPoints {
		v, _ := dp.Attributes.Value("auth.sdk.rejection")
		refused[v.AsString()] = dp.Value
	}
	for why, want := range map[string]int64{"not_a_number": 4, "infinite": 8, "negative": 2} {
		if refused[why] != want {
			t.Errorf("%s: got %d refused, want %d", why, refused[why], want)
		}
	}
}

func TestTheGuardPassesOnWhatTheSDKSays(t *testing.T) {
	p, _ := onReader(t)
	m := p.MeterProvider().Meter("example.com/shop")
	if _, err := m.Int64Counter("not a name"); err == nil {
		t.Error("a wrong name is no error")
	}
	if _, err := m.Float64ObservableGauge("not a name"); err == nil {
		t.Error("a wrong name of a gauge is no error")
	}
	c, err := m.Float64Counter("fc")
	if err != nil || !c.Enabled(t.Context()) {
		t.Errorf("enabled: %v, %v", c.Enabled(t.Context()), err)
	}
	ran := 0
	g, err := m.Int64ObservableGauge("g")
	if err != nil {
		t.Fatal(err)
	}
	_, collect := p, func() {
		own := p.exporters[0].Reader().(*sdkmetric.ManualReader)
		if err := own.Collect(context.Background(), &metricdata.ResourceMetrics{}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := m.RegisterCallback(func(context.Context, metric.Observer) error { ran++; return nil }, g)
	if err != nil {
		t.Fatal(err)
	}
	collect()
	if err := r.Unregister(); err != nil {
		t.Fatal(err)
	}
	collect()
	if ran != 1 {
		t.Errorf("the callback ran %d times, want once before it was unregistered", ran)
	}
}

// The price of the guard on the one instrument that is recorded on at each login.
func BenchmarkHistogram(b *testing.B) {
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	g, err := newGuard(mp.Meter("guard"))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		mp   metric.MeterProvider
	}{{"sdk", mp}, {"guarded", provider{mp, g, nil}}} {
		h, err := c.mp.Meter("bench").Float64Histogram("h." + c.name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Record(context.Background(), 0.03)
			}
		})
	}
}

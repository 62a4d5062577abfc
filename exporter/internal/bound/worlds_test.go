// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

// setup is what a pipeline is made with.
type setup struct {
	deltas    []bool // one for each reader
	views     []sdkmetric.View
	limit     int
	exemplars bool
}

// world is a pipeline: the SDK's alone, or with histograms that bind.
type world struct {
	metric.MeterProvider
	sdk     *sdkmetric.MeterProvider
	readers []*sdkmetric.ManualReader
	binder  *bound.Binder
	refused int
}

// binds says what a world is to be.
type binds bool

func newWorld(t testing.TB, c setup, b binds) *world {
	t.Helper()
	w := &world{}
	filter := exemplar.AlwaysOffFilter
	if c.exemplars {
		filter = exemplar.TraceBasedFilter
	}
	opts := []sdkmetric.Option{sdkmetric.WithView(c.views...), sdkmetric.WithCardinalityLimit(c.limit), sdkmetric.WithExemplarFilter(filter)}
	var slots []*bound.Slot
	for _, delta := range c.deltas {
		temporality := sdkmetric.DefaultTemporalitySelector
		if delta {
			temporality = sdkmetric.DeltaTemporalitySelector
		}
		slot := bound.NewSlot(temporality)
		r := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(temporality), sdkmetric.WithProducer(slot))
		w.readers, slots = append(w.readers, r), append(slots, slot)
		opts = append(opts, sdkmetric.WithReader(r))
	}
	w.sdk = sdkmetric.NewMeterProvider(opts...)
	w.MeterProvider = w.sdk
	if b {
		w.binder = bound.New(bound.Config{
			Views: c.views, Limit: c.limit, Exemplars: c.exemplars,
			Refused: func(context.Context, float64) { w.refused++ },
		}, slots...)
	}
	t.Cleanup(func() { _ = w.sdk.Shutdown(context.Background()) })
	return w
}

func (w *world) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return meter{w.sdk.Meter(name, opts...), w.binder.Scope(name, opts...)}
}

// meter is what package exporter has around the SDK's.
type meter struct {
	metric.Meter
	scope *bound.Scope
}

func (m meter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	h, err := m.Meter.Float64Histogram(name, opts...)
	if _, stopped := m.Meter.(noop.Meter); err != nil || stopped {
		return h, err
	}
	if own, ok := m.scope.Histogram(h, name, opts...); ok {
		return own, nil
	}
	return finiteOnly{h}, nil
}

// finiteOnly is the SDK's histogram as our pipeline guards it.
type finiteOnly struct{ metric.Float64Histogram }

func (h finiteOnly) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		h.Float64Histogram.Record(ctx, v, opts...)
	}
}

// binder is the interface of the metric API's experimental part.
type binder interface {
	Bind(attrs ...attribute.KeyValue) metric.Float64Histogram
}

// bind binds where the histogram can, and else passes the attributes each time.
func bind(h metric.Float64Histogram, attrs ...attribute.KeyValue) func(context.Context, float64, ...attribute.KeyValue) {
	if b, ok := h.(binder); ok {
		own := b.Bind(attrs...)
		return func(ctx context.Context, v float64, more ...attribute.KeyValue) {
			if len(more) > 0 {
				own.Record(ctx, v, metric.WithAttributes(more...))
				return
			}
			own.Record(ctx, v)
		}
	}
	return func(ctx context.Context, v float64, more ...attribute.KeyValue) {
		h.Record(ctx, v, metric.WithAttributes(attrs...), metric.WithAttributes(more...))
	}
}

// collect returns what one reader gets, each scope once and without the metrics
// that skip names.
func (w *world) collect(t testing.TB, reader int, skip ...string) (metricdata.ResourceMetrics, error) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	err := w.readers[reader].Collect(context.Background(), &rm)
	var merged []metricdata.ScopeMetrics
	for _, sm := range rm.ScopeMetrics {
		i := 0
		for i < len(merged) && merged[i].Scope != sm.Scope {
			i++
		}
		if i == len(merged) {
			merged = append(merged, metricdata.ScopeMetrics{Scope: sm.Scope})
		}
		for _, m := range sm.Metrics {
			if !skipped(m.Name, skip) {
				merged[i].Metrics = append(merged[i].Metrics, m)
			}
			times(t, m)
		}
	}
	rm.ScopeMetrics = nil
	for _, sm := range merged {
		if len(sm.Metrics) > 0 {
			rm.ScopeMetrics = append(rm.ScopeMetrics, sm)
		}
	}
	return rm, err
}

func skipped(name string, skip []string) bool {
	for _, s := range skip {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// times checks those of a histogram, which the comparison leaves out.
func times(t testing.TB, m metricdata.Metrics) {
	t.Helper()
	h, ok := m.Data.(metricdata.Histogram[float64])
	if !ok {
		return
	}
	for _, p := range h.DataPoints {
		if p.StartTime.IsZero() || p.Time.Before(p.StartTime) {
			t.Errorf("%s: from %v to %v", m.Name, p.StartTime, p.Time)
		}
	}
}

// same compares what one reader of each world gets with what it gets in the first.
// Which exemplars the SDK keeps is chance.
func same(t testing.TB, worlds []*world, reader int, skip ...string) {
	t.Helper()
	want, wantErr := worlds[0].collect(t, reader, skip...)
	for _, w := range worlds[1:] {
		got, gotErr := w.collect(t, reader, skip...)
		if (wantErr == nil) != (gotErr == nil) {
			t.Errorf("reader %d: error %v, the SDK alone %v", reader, gotErr, wantErr)
		}
		metricdatatest.AssertEqual(t, want, got, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
	}
}

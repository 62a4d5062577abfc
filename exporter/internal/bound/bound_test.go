// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

func histogram(t testing.TB, w *world, name string, opts ...metric.Float64HistogramOption) metric.Float64Histogram {
	t.Helper()
	h, err := w.Meter("shop").Float64Histogram(name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// produced is what the readers get from the package and not from the SDK.
func produced(t testing.TB, slot *bound.Slot) []string {
	t.Helper()
	all, err := slot.Produce(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sm := range all {
		for _, m := range sm.Metrics {
			names = append(names, m.Name)
		}
	}
	return names
}

// onSlot is a pipeline whose slot the test looks into.
func onSlot(t testing.TB, c bound.Config) (metric.Meter, *bound.Slot) {
	t.Helper()
	slot := bound.NewSlot(sdkmetric.DefaultTemporalitySelector)
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithView(c.Views...),
		sdkmetric.WithReader(sdkmetric.NewManualReader(sdkmetric.WithProducer(slot))))
	t.Cleanup(func() { _ = mp.Shutdown(context.Background()) })
	if c.Refused == nil {
		c.Refused = func(context.Context, float64) {}
	}
	return meter{mp.Meter("shop"), bound.New(c, slot).Scope("shop")}, slot
}

// The programs of FuzzEqual would find two SDKs equal too, so this says who has
// the data.
func TestWhoHasTheData(t *testing.T) {
	ctx := context.Background()
	attr := attribute.String("door", "front")
	for _, c := range []struct {
		name   string
		config bound.Config
		use    func(metric.Meter)
		want   []string
	}{
		{"bound first", bound.Config{}, func(m metric.Meter) {
			h, _ := m.Float64Histogram("a")
			bind(h, attr)(ctx, 1)
			h.Record(ctx, 1)
		}, []string{"a"}},
		{"recorded first", bound.Config{}, func(m metric.Meter) {
			h, _ := m.Float64Histogram("a")
			h.Record(ctx, 1)
			bind(h, attr)(ctx, 1)
		}, nil},
		{"never bound", bound.Config{}, func(m metric.Meter) {
			h, _ := m.Float64Histogram("a")
			h.Record(ctx, 1)
		}, nil},
		{"made twice", bound.Config{}, func(m metric.Meter) {
			h, _ := m.Float64Histogram("a")
			again, _ := m.Float64Histogram("A")
			bind(h, attr)(ctx, 1)
			again.Record(ctx, 1)
		}, []string{"a"}},
		{"renamed and fanned out", bound.Config{Views: []sdkmetric.View{named("a", sdkmetric.Stream{Name: "x"}), named("a", sdkmetric.Stream{Name: "y"})}},
			func(m metric.Meter) {
				h, _ := m.Float64Histogram("a")
				bind(h, attr)(ctx, 1)
			}, []string{"x", "y"}},
		{"shares a stream", bound.Config{Views: []sdkmetric.View{named("*", sdkmetric.Stream{}), func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
			return sdkmetric.Stream{Name: "all"}, true
		}}}, func(m metric.Meter) {
			a, _ := m.Float64Histogram("a")
			_, _ = m.Float64Histogram("b")
			bind(a, attr)(ctx, 1)
		}, nil},
		{"exponential", bound.Config{Views: []sdkmetric.View{named("a", sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 20}})}},
			func(m metric.Meter) {
				h, _ := m.Float64Histogram("a")
				bind(h, attr)(ctx, 1)
			}, nil},
		{"dropped", bound.Config{Views: []sdkmetric.View{named("a", sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})}},
			func(m metric.Meter) {
				h, _ := m.Float64Histogram("a")
				if bind(h, attr)(ctx, 1); h.Enabled(ctx) {
					t.Error("enabled")
				}
			}, nil},
		{"exemplars", bound.Config{Exemplars: true}, func(m metric.Meter) {
			h, _ := m.Float64Histogram("a")
			bind(h, attr)(ctx, 1)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, slot := onSlot(t, c.config)
			c.use(m)
			if got := produced(t, slot); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNothingIsBoundWithoutASlotOrWithTheExperiment(t *testing.T) {
	slot := bound.NewSlot(sdkmetric.DefaultTemporalitySelector)
	if bound.New(bound.Config{}, slot, nil) != nil || bound.New(bound.Config{}) != nil {
		t.Error("a reader without a slot would get nothing")
	}
	if bound.Of(sdkmetric.NewManualReader()) != nil {
		t.Error("a reader of somebody else's has a slot")
	}
	t.Setenv("OTEL_GO_X_PER_SERIES_START_TIMESTAMPS", "True")
	if bound.New(bound.Config{}, slot) != nil {
		t.Error("start times would differ")
	}
	if got := produced(t, slot); got != nil {
		t.Errorf("produced %v for nobody", got)
	}
}

func TestSlotIsFoundInTheReader(t *testing.T) {
	slot := bound.NewSlot(sdkmetric.DeltaTemporalitySelector)
	r := struct {
		*sdkmetric.ManualReader
		*bound.Slot
	}{sdkmetric.NewManualReader(), slot}
	if bound.Of(r) != slot {
		t.Error("not found")
	}
}

func TestValuesThatAreNotFiniteAreRefused(t *testing.T) {
	var refused []float64
	m, slot := onSlot(t, bound.Config{Refused: func(_ context.Context, v float64) { refused = append(refused, v) }})
	h, err := m.Float64Histogram("a")
	if err != nil {
		t.Fatal(err)
	}
	record := bind(h, attribute.Bool("k", true))
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		record(context.Background(), v)
		h.Record(context.Background(), v)
	}
	if got := produced(t, slot); got != nil || len(refused) != 6 {
		t.Errorf("produced %v, refused %v", got, refused)
	}
}

// Values at, below and above each boundary, for few boundaries and for many.
func TestBuckets(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 8, 14, 15, 16, 17, 40} {
		var bounds, values []float64
		for i := range n {
			b := float64(i) - 3
			bounds = append(bounds, b)
			values = append(values, math.Nextafter(b, -100), b, math.Nextafter(b, 100))
		}
		values = append(values, 0, math.Copysign(0, -1), -math.MaxFloat64, math.MaxFloat64, math.SmallestNonzeroFloat64)
		c := setup{deltas: []bool{false}, views: []sdkmetric.View{named("a",
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds}})}}
		plain, own := newWorld(t, c, false), newWorld(t, c, true)
		for _, v := range values {
			for _, w := range []*world{plain, own} {
				bind(histogram(t, w, "a"), attribute.Float64("v", v))(context.Background(), v)
			}
		}
		same(t, []*world{plain, own}, 0)
	}
}

// Nothing is lost and nothing is counted twice while readers of both temporalities
// collect and series come and go.
func TestCollectionsBetweenRecords(t *testing.T) {
	const workers, each = 8, 20000
	w := newWorld(t, setup{deltas: []bool{false, true}, limit: 4}, true)
	h := histogram(t, w, "a", metric.WithExplicitBucketBoundaries(1, 2, 3))
	var handles []func(context.Context, float64, ...attribute.KeyValue)
	for k := range 6 { // two of them over the limit
		handles = append(handles, bind(h, attribute.Int("k", k)))
	}
	var count, sum float64
	add := func(reader int) {
		rm, err := w.collect(t, reader)
		if err != nil {
			t.Error(err)
		}
		for _, sm := range rm.ScopeMetrics {
			points := sm.Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints
			if len(points) > 4 {
				t.Errorf("%d series at a limit of 4", len(points))
			}
			for _, p := range points {
				var n uint64
				for _, k := range p.BucketCounts {
					n += k
				}
				if n != p.Count || p.Sum < float64(p.Count) || p.Sum > 4*float64(p.Count) {
					t.Errorf("torn: %+v", p)
				}
				count += float64(p.Count)
				sum += p.Sum
			}
		}
	}
	var writers sync.WaitGroup
	for i := range workers {
		writers.Go(func() {
			for n := range each {
				if n%64 == 0 {
					h.Record(context.Background(), 1, metric.WithAttributes(attribute.Int("k", n%9)))
					continue
				}
				handles[(n+i)%len(handles)](context.Background(), float64(1+n%4))
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		add(1)
	}
	delta := [2]float64{count, sum}
	count, sum = 0, 0
	add(0)
	if delta != [2]float64{count, sum} || count != workers*each {
		t.Errorf("deltas add up to %v, cumulative is %v, recorded %d", delta, [2]float64{count, sum}, workers*each)
	}
}

func TestABoundRecordAllocatesNothing(t *testing.T) {
	w := newWorld(t, setup{deltas: []bool{false, true}, views: viewsOf("a", "b")[1:2], limit: 3}, true)
	h := histogram(t, w, "a")
	for k := range 4 {
		own := h.(binder).Bind(attribute.Int("k", k))
		if n := testing.AllocsPerRun(100, func() { own.Record(context.Background(), 0.5) }); n != 0 {
			t.Errorf("series %d: %v allocations", k, n)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
)

// script is the random program: whoever runs it asks for one choice after the
// other. At its end all choices are 0.
type script struct{ rest []byte }

func (s *script) choose(of int) int {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return int(b) % of
}

func (s *script) yes() bool { return s.choose(2) == 1 }

// seeds adds random programs, which run in every test.
func seeds(f *testing.F, programs int) {
	f.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range programs {
		p := make([]byte, 50+r.IntN(600))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		f.Add(p)
	}
}

func named(name string, s sdkmetric.Stream) sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: name}, s)
}

// viewsOf are what a program may choose from, for two histograms.
func viewsOf(a, b string) []sdkmetric.View {
	return []sdkmetric.View{
		named(a, sdkmetric.Stream{Name: "renamed"}),
		named(a, sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter("k")}),
		named(a, sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("k", "auth.result")}),
		named(a, sdkmetric.Stream{Name: "few", Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{1, 2}, NoMinMax: true}}),
		named(a, sdkmetric.Stream{Name: "default", Aggregation: sdkmetric.AggregationDefault{}}),
		named(b, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}),
		named(b, sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 20, MaxScale: 20}}),
		named(b, sdkmetric.Stream{Aggregation: sdkmetric.AggregationSum{}}),
		named(b, sdkmetric.Stream{Name: "renamed", Description: "other"}),
		named("*", sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter()}),
		sdkmetric.NewView(sdkmetric.Instrument{Name: "*", Kind: sdkmetric.InstrumentKindHistogram},
			sdkmetric.Stream{Unit: "s", Aggregation: sdkmetric.AggregationExplicitBucketHistogram{}}),
		func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) { // many boundaries, not in order
			var bounds []float64
			for k := range 40 {
				bounds = append(bounds, float64((k*7)%40)/4)
			}
			return sdkmetric.Stream{Name: i.Name + ".many", Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds}}, i.Name == a
		},
		named(a, sdkmetric.Stream{Name: "shared"}),
		named(b, sdkmetric.Stream{Name: "shared"}),
	}
}

// setup chooses a pipeline.
func (s *script) setup(views []sdkmetric.View) setup {
	c := setup{limit: []int{0, 2, 3, 5, 100}[s.choose(5)], exemplars: s.choose(8) == 7}
	for range 1 + s.choose(3) {
		c.deltas = append(c.deltas, s.yes())
	}
	for range s.choose(4) {
		c.views = append(c.views, views[s.choose(len(views))])
	}
	return c
}

// value chooses one whose sums are exact in any order.
func (s *script) value() float64 {
	switch s.choose(32) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1)
	case 2:
		return -0.5
	case 3:
		return 1 << 40
	default:
		return float64(s.choose(256)) / 16
	}
}

func (s *script) attrs() []attribute.KeyValue {
	return []attribute.KeyValue{attribute.Int("k", s.choose(4)), attribute.Bool("b", s.yes())}
}

// context chooses one that is sampled or not.
func (s *script) context() context.Context {
	if s.choose(4) != 3 {
		return context.Background()
	}
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
}

// make makes a histogram in every world: two names, one of them in two cases, in
// two scopes.
func (s *script) histogram(t *testing.T, worlds []*world) []metric.Float64Histogram {
	t.Helper()
	scope, name := []string{"shop", "yard"}[s.choose(2)], []string{"shop.a", "shop.b", "SHOP.A"}[s.choose(3)]
	var opts []metric.Float64HistogramOption
	if s.choose(4) == 3 {
		opts = append(opts, metric.WithUnit("s"))
	}
	if s.yes() {
		opts = append(opts, metric.WithExplicitBucketBoundaries(0.5, 1, 4))
	}
	all := make([]metric.Float64Histogram, len(worlds))
	for i, w := range worlds {
		h, err := w.Meter(scope).Float64Histogram(name, opts...)
		if err != nil && i == 0 {
			return nil // the views do not fit, which the SDK has said
		}
		if err != nil {
			t.Fatal(err)
		}
		all[i] = h
	}
	return all
}

// FuzzEqual runs one program on the SDK alone and on one with histograms that
// bind. For a long run:
//
//	go test ./exporter/internal/bound -run '^$' -fuzz FuzzEqual -fuzztime 10m
func FuzzEqual(f *testing.F) {
	seeds(f, 250)
	f.Fuzz(func(t *testing.T, program []byte) {
		s := &script{program}
		c := s.setup(viewsOf("shop.a", "shop.b"))
		worlds := []*world{newWorld(t, c, false), newWorld(t, c, true)}

		// All are there before the first is bound; one that comes later and shares
		// some of another's streams is the exception that the documentation names.
		var histograms [][]metric.Float64Histogram
		for range 1 + s.choose(5) {
			if h := s.histogram(t, worlds); h != nil {
				histograms = append(histograms, h)
			}
		}
		if len(histograms) == 0 {
			return
		}
		type handle []func(context.Context, float64, ...attribute.KeyValue)
		var handles []handle
		for len(s.rest) > 0 && !t.Failed() {
			switch op := s.choose(16); {
			case op < 3: // bind
				attrs, h := s.attrs(), histograms[s.choose(len(histograms))]
				b := make(handle, len(worlds))
				for i := range worlds {
					b[i] = bind(h[i], attrs...)
				}
				handles = append(handles, b)
			case op == 3 && s.choose(3) == 2: // record unbound
				ctx, v, attrs, h := s.context(), s.value(), s.attrs(), histograms[s.choose(len(histograms))]
				for i := range worlds {
					h[i].Record(ctx, v, metric.WithAttributes(attrs...))
				}
			case op == 4: // collect
				same(t, worlds, s.choose(len(c.deltas)))
			case op == 5 && s.choose(20) == 19:
				reader := s.choose(len(c.deltas))
				for _, w := range worlds {
					_ = w.readers[reader].Shutdown(context.Background())
				}
			default: // record bound
				if len(handles) == 0 {
					continue
				}
				ctx, v, h := s.context(), s.value(), handles[s.choose(len(handles))]
				var more []attribute.KeyValue
				if s.choose(16) == 15 {
					more = s.attrs()[:1]
				}
				for i := range worlds {
					h[i](ctx, v, more...)
				}
			}
		}
		for reader := range c.deltas {
			same(t, worlds, reader)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Histogram is a histogram that binds. It implements Float64HistogramBinder of
// the metric API's experimental part.
type Histogram struct {
	metric.Float64Histogram // the SDK's
	group                   *group
	refused                 func(context.Context, float64)
}

// Record records without a binding. What was never bound before goes to the
// SDK, now and for good.
func (h *Histogram) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if !finite(v) {
		h.refused(ctx, v)
		return
	}
	if h.group.take(theSDKs) {
		h.Float64Histogram.Record(ctx, v, opts...)
		return
	}
	h.record(v, recorded(opts))
}

// record records for a set that nobody has bound.
func (h *Histogram) record(v float64, set attribute.Set) {
	for _, st := range h.group.streams {
		kept := st.set(set)
		for _, s := range st.stores {
			s.observe(kept, v)
		}
	}
}

// Bind returns the histogram bound to attributes; options of a call still add to
// them.
func (h *Histogram) Bind(attrs ...attribute.KeyValue) metric.Float64Histogram {
	set := attribute.NewSet(attrs...)
	if !h.group.take(ours) {
		return &prepared{Histogram: h, opts: []metric.RecordOption{metric.WithAttributeSet(set)}}
	}
	b := &handle{Float64Histogram: h.Float64Histogram, histogram: h, set: set}
	for _, st := range h.group.streams {
		kept := st.set(set)
		for _, s := range st.stores {
			b.series = append(b.series, series{store: s, set: kept})
		}
	}
	return b
}

// handle is a histogram bound to a set.
type handle struct {
	metric.Float64Histogram // the SDK's, which says whether it is enabled
	histogram               *Histogram
	set                     attribute.Set
	series                  []series
}

// series is where a handle's values go in one store. The cell is looked for at
// the first value and not before, since that is when the SDK admits a series.
type series struct {
	store *store
	set   attribute.Set
	cell  atomic.Pointer[cell]
}

func (b *handle) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if len(opts) > 0 {
		b.recordWith(ctx, v, opts)
		return
	}
	if !finite(v) {
		b.histogram.refused(ctx, v)
		return
	}
	for i := range b.series {
		s := &b.series[i]
		if c := s.cell.Load(); c == nil || !c.observe(v) {
			s.observe(v)
		}
	}
}

func (b *handle) recordWith(ctx context.Context, v float64, opts []metric.RecordOption) {
	set := recorded(opts)
	both := append(b.set.ToSlice(), set.ToSlice()...) // of two values the call's counts
	b.histogram.Record(ctx, v, metric.WithAttributes(both...))
}

// observe looks for the cell and records there.
func (s *series) observe(v float64) {
	for {
		c := s.store.admit(s.set)
		s.cell.Store(c)
		if c.observe(v) {
			return
		}
	}
}

// prepared is what Bind gives when the SDK has the instrument.
type prepared struct {
	*Histogram
	opts []metric.RecordOption
}

func (p *prepared) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if len(opts) > 0 {
		opts = append(slices.Clone(p.opts), opts...)
	} else {
		opts = p.opts
	}
	p.Histogram.Record(ctx, v, opts...)
}

// recorded is the set that the options of a call come to, with those of the
// experimental option for attributes that are not checked.
func recorded(opts []metric.RecordOption) attribute.Set {
	set := metric.NewRecordConfig(opts).Attributes()
	var raw []attribute.KeyValue
	for _, o := range opts {
		if r, ok := o.(interface{ RawAttributes() []attribute.KeyValue }); ok {
			raw = append(slices.Clip(raw), r.RawAttributes()...)
		}
	}
	if len(raw) == 0 {
		return set
	}
	return attribute.NewSet(append(set.ToSlice(), raw...)...)
}

// finite reports whether v is neither infinite nor not a number.
func finite(v float64) bool { return v-v == 0 }

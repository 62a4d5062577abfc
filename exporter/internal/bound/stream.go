// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"math"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// streamID is what the SDK tells the histograms of a Meter apart by.
type streamID struct{ name, description, unit string }

// stream is one of the metrics that views make of a histogram.
type stream struct {
	id                      streamID
	name, description, unit string
	bounds                  []float64
	minMax                  bool
	filter                  attribute.Filter // nil lets all pass
	dropped                 bool

	cumulative *store // of all readers that have it so
	deltas     map[*Slot]*store
	stores     []*store // all of these
}

// resolve evaluates the views as the SDK does. ok is false when one of the
// streams is no histogram with boundaries, or all are dropped; even then all that
// the SDK makes are returned.
func (c Config) resolve(inst sdkmetric.Instrument, bounds []float64, allowed []attribute.Key) (streams []*stream, ok bool) {
	var matched []sdkmetric.Stream
	for _, view := range c.Views {
		if s, ok := view(inst); ok {
			matched = append(matched, s)
		}
	}
	if len(matched) == 0 {
		matched = []sdkmetric.Stream{{Name: inst.Name, Description: inst.Description, Unit: inst.Unit}}
	}
	ok = true
	live := 0
	for _, m := range matched {
		st := &stream{
			id:   streamID{strings.ToLower(m.Name), m.Description, m.Unit},
			name: m.Name, description: m.Description, unit: m.Unit, filter: m.AttributeFilter,
		}
		if st.filter == nil && allowed != nil {
			st.filter = attribute.NewAllowKeysFilter(allowed...)
		}
		// Of two views that make the same stream, the SDK follows the first.
		if slices.ContainsFunc(streams, func(other *stream) bool { return other.id == st.id }) {
			continue
		}
		streams = append(streams, st)
		aggregation := m.Aggregation
		switch aggregation.(type) {
		case nil:
			aggregation = sdkmetric.DefaultAggregationSelector(inst.Kind)
			if own, isHistogram := aggregation.(sdkmetric.AggregationExplicitBucketHistogram); isHistogram && len(bounds) > 0 {
				own.Boundaries = bounds
				aggregation = own
			}
		case sdkmetric.AggregationDefault:
			aggregation = sdkmetric.DefaultAggregationSelector(inst.Kind)
		case sdkmetric.AggregationDrop:
			st.dropped = true
			continue
		}
		histogram, isHistogram := aggregation.(sdkmetric.AggregationExplicitBucketHistogram)
		ok = ok && isHistogram && !slices.ContainsFunc(histogram.Boundaries, math.IsNaN)
		st.bounds, st.minMax = slices.Clone(histogram.Boundaries), !histogram.NoMinMax
		slices.Sort(st.bounds)
		live++
	}
	return streams, ok && live > 0
}

// allowedKeys are those of an experimental option of the metric API: what passes
// where no view says.
func allowedKeys(opts []metric.Float64HistogramOption) []attribute.Key {
	var keys []attribute.Key
	for _, o := range opts {
		if a, ok := o.(interface{ AllowedKeys() []attribute.Key }); ok {
			keys = append(slices.Clip(keys), a.AllowedKeys()...)
			if keys == nil {
				keys = []attribute.Key{}
			}
		}
	}
	return keys
}

// open makes the stores that the readers need.
func (st *stream) open(b *Binder) {
	if st.dropped {
		return
	}
	now := time.Now()
	st.deltas = map[*Slot]*store{}
	for _, slot := range b.slots {
		if !slot.delta && st.cumulative != nil {
			continue
		}
		s := newStore(st, b.config.Limit, now)
		st.stores = append(st.stores, s)
		if slot.delta {
			st.deltas[slot] = s
		} else {
			st.cumulative = s
		}
	}
}

// set returns what the stream keeps of an attribute set.
func (st *stream) set(s attribute.Set) attribute.Set {
	if st.filter == nil {
		return s
	}
	kept, _ := s.Filter(st.filter)
	return kept
}

func (st *stream) collect(slot *Slot) metricdata.Histogram[float64] {
	if slot.delta {
		return metricdata.Histogram[float64]{
			Temporality: metricdata.DeltaTemporality, DataPoints: st.deltas[slot].drain(time.Now()),
		}
	}
	return metricdata.Histogram[float64]{
		Temporality: metricdata.CumulativeTemporality, DataPoints: st.cumulative.read(time.Now()),
	}
}

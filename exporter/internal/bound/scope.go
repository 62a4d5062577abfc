// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Scope makes the histograms of one Meter. A nil Scope makes none.
type Scope struct {
	binder *Binder
	id     instrumentation.Scope

	mu      sync.Mutex
	groups  map[streamID]*group
	streams []*stream // in the order they were made in
}

// group is the streams of one instrument, and of every other with the very
// same streams.
type group struct {
	owner   atomic.Int32
	streams []*stream
}

// Who an instrument belongs to.
const (
	undecided int32 = iota
	ours
	theSDKs
)

// take gives the group to an owner unless it has one, and reports whether it is
// that owner's.
func (g *group) take(owner int32) bool {
	return g.owner.Load() == owner || g.owner.CompareAndSwap(undecided, owner) || g.owner.Load() == owner
}

// Histogram returns a histogram that binds, in the place of the one that the
// SDK's Meter made of the same name and options. Where ok is false there is
// none, and the SDK's is to be used.
func (s *Scope) Histogram(sdk metric.Float64Histogram, name string, opts ...metric.Float64HistogramOption) (h *Histogram, ok bool) {
	if s == nil {
		return nil, false
	}
	c := metric.NewFloat64HistogramConfig(opts...)
	streams, ok := s.binder.config.resolve(sdkmetric.Instrument{
		Name: name, Description: c.Description(), Unit: c.Unit(),
		Kind: sdkmetric.InstrumentKindHistogram, Scope: s.id,
	}, c.ExplicitBucketBoundaries(), allowedKeys(opts))
	g := s.group(streams, ok)
	if g == nil {
		return nil, false
	}
	return &Histogram{Float64Histogram: sdk, group: g, refused: s.binder.config.Refused}, true
}

// group returns the group of these streams, nil if it is the SDK's. Nobody may
// own a stream that is also somebody else's.
func (s *Scope) group(streams []*stream, ok bool) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var known []*group
	for _, st := range streams {
		if g := s.groups[st.id]; g != nil {
			known = append(known, g)
		}
	}
	if ok && len(known) == 0 {
		g := &group{streams: streams}
		for _, st := range streams {
			st.open(s.binder)
			s.groups[st.id] = g
		}
		s.streams = append(s.streams, streams...)
		return g
	}
	if ok && sameGroup(known, streams) {
		return known[0]
	}
	refused := &group{}
	for _, g := range append(known, refused) {
		g.take(theSDKs)
	}
	for _, st := range streams {
		if s.groups[st.id] == nil {
			s.groups[st.id] = refused
		}
	}
	return nil
}

// sameGroup reports whether what is known of the streams is one group that has
// just these.
func sameGroup(known []*group, streams []*stream) bool {
	if len(known) != len(streams) || len(known[0].streams) != len(streams) {
		return false
	}
	for _, g := range known {
		if g != known[0] {
			return false
		}
	}
	return true
}

func (s *Scope) produce(slot *Slot) []metricdata.Metrics {
	s.mu.Lock()
	streams := s.streams
	s.mu.Unlock()
	var all []metricdata.Metrics
	for _, st := range streams {
		if st.dropped {
			continue
		}
		if data := st.collect(slot); len(data.DataPoints) > 0 {
			all = append(all, metricdata.Metrics{Name: st.name, Description: st.description, Unit: st.unit, Data: data})
		}
	}
	return all
}

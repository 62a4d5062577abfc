// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// overflow is the set of the series that takes what is over the limit.
var overflow = attribute.NewSet(attribute.Bool("otel.metric.overflow", true))

// store has the series of one stream: from the start, for all readers that want
// it so, or since the last collection of one reader.
type store struct {
	bounds buckets
	minMax bool
	limit  int

	mu    sync.RWMutex
	start time.Time
	cells map[attribute.Distinct]*cell
	list  []*cell // in the order they were admitted in
}

func newStore(st *stream, limit int, now time.Time) *store {
	return &store{bounds: newBuckets(st.bounds), minMax: st.minMax, limit: limit, start: now, cells: map[attribute.Distinct]*cell{}}
}

// admit returns the cell of a set, which at the limit is that of the overflow.
func (s *store) admit(set attribute.Set) *cell {
	s.mu.RLock()
	c := s.cells[set.Equivalent()]
	s.mu.RUnlock()
	if c != nil {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cells[set.Equivalent()]; c != nil {
		return c
	}
	// The last place is the overflow's.
	if s.limit > 0 && len(s.cells) >= s.limit-1 {
		set = overflow
		if c := s.cells[set.Equivalent()]; c != nil {
			return c
		}
	}
	c = newCell(s, set)
	s.cells[set.Equivalent()] = c
	s.list = append(s.list, c)
	return c
}

// observe records for a set that nobody has bound.
func (s *store) observe(set attribute.Set, v float64) {
	for !s.admit(set).observe(v) { // until it is not one that was just collected
		continue
	}
}

// read returns what there is since the start.
func (s *store) read(now time.Time) []metricdata.HistogramDataPoint[float64] {
	s.mu.RLock()
	list, start := s.list, s.start
	s.mu.RUnlock()
	return s.points(list, start, now, (*cell).read)
}

// drain returns what there is since the last time, and begins anew: with no
// series, so that each must be admitted again.
func (s *store) drain(now time.Time) []metricdata.HistogramDataPoint[float64] {
	s.mu.Lock()
	list, start := s.list, s.start
	s.cells, s.list, s.start = map[attribute.Distinct]*cell{}, nil, now
	s.mu.Unlock()
	return s.points(list, start, now, (*cell).end)
}

func (s *store) points(list []*cell, start, now time.Time, read func(*cell, *totals)) []metricdata.HistogramDataPoint[float64] {
	points := make([]metricdata.HistogramDataPoint[float64], 0, len(list))
	bounds := slices.Clone(s.bounds.all) // the reader may do with it what it likes
	n := len(bounds) + 1
	counts := make([]uint64, n*len(list))
	for i, c := range list {
		t := totals{counts: counts[i*n : (i+1)*n : (i+1)*n]}
		read(c, &t)
		p := metricdata.HistogramDataPoint[float64]{
			Attributes: c.attrs, StartTime: start, Time: now,
			Bounds: bounds, BucketCounts: t.counts, Sum: t.sum,
		}
		for _, k := range t.counts {
			p.Count += k
		}
		if p.Count == 0 {
			continue // admitted, and about to be recorded on
		}
		if s.minMax {
			p.Min, p.Max = metricdata.NewExtrema(t.min), metricdata.NewExtrema(t.max)
		}
		points = append(points, p)
	}
	return points
}

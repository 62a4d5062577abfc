// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// cell is one series. It has one shard until two events meet there; from then
// on it has one for each processor, so that memory goes to those series that
// need it.
type cell struct {
	attrs  attribute.Set
	bounds *buckets
	one    shard
	more   atomic.Pointer[[]shard]

	spreading sync.Mutex
	ended     bool // under spreading: no more shards
}

// shard is padded to a cache line by what it holds: its counts are apart.
type shard struct {
	mu       sync.Mutex
	ended    bool // collected for the last time
	sum      float64
	min, max float64
	counts   []uint64
}

// totals are what the shards of a cell add up to.
type totals struct {
	sum, min, max float64
	counts        []uint64
	any           bool
}

func newCell(s *store, attrs attribute.Set) *cell {
	return &cell{attrs: attrs, bounds: &s.bounds, one: newShard(len(s.bounds.all) + 1)}
}

func newShard(buckets int) shard {
	return shard{min: math.Inf(1), max: math.Inf(-1), counts: make([]uint64, buckets)}
}

// observe records a value, unless the cell has ended: then it reports false.
func (c *cell) observe(v float64) bool {
	var k int
	if c.bounds.small {
		k = c.bounds.find(v)
	} else {
		k = c.bounds.search(v)
	}
	s := &c.one
	if more := c.more.Load(); more != nil {
		s = &(*more)[turn(len(*more))]
	}
	if !s.mu.TryLock() {
		c.spread()
		s.mu.Lock()
	}
	if s.ended {
		s.mu.Unlock()
		return false
	}
	s.counts[k]++
	s.sum += v
	if v < s.min {
		s.min = v
	}
	if v > s.max {
		s.max = v
	}
	s.mu.Unlock()
	return true
}

// spread gives the cell its shards.
func (c *cell) spread() {
	if c.more.Load() != nil {
		return
	}
	c.spreading.Lock()
	defer c.spreading.Unlock()
	if c.ended || c.more.Load() != nil {
		return
	}
	more := make([]shard, runtime.GOMAXPROCS(0))
	for i := range more {
		more[i] = newShard(len(c.one.counts))
	}
	c.more.Store(&more)
}

// turns hands out numbers. A pool keeps what is put back for the processor that
// did, so that events on one processor get one shard.
var (
	turns = sync.Pool{New: func() any {
		n := int(lastTurn.Add(1) & math.MaxInt32)
		return &n
	}}
	lastTurn atomic.Uint32
)

func turn(of int) int {
	n := turns.Get().(*int)
	i := *n % of
	turns.Put(n)
	return i
}

// read adds up what was recorded so far.
func (c *cell) read(t *totals) {
	c.one.read(t, false)
	if more := c.more.Load(); more != nil {
		for i := range *more {
			(*more)[i].read(t, false)
		}
	}
}

// end is read for the last time. Each event is in it, or else finds the cell
// ended.
func (c *cell) end(t *totals) {
	c.spreading.Lock()
	c.ended = true
	c.spreading.Unlock()
	c.one.read(t, true)
	if more := c.more.Load(); more != nil {
		for i := range *more {
			(*more)[i].read(t, true)
		}
	}
}

func (s *shard) read(t *totals, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended || last
	for i, n := range s.counts {
		t.counts[i] += n
	}
	t.sum += s.sum
	if !t.any {
		t.min, t.max, t.any = s.min, s.max, true
		return
	}
	t.min, t.max = min(t.min, s.min), max(t.max, s.max)
}

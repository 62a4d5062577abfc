// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// drain keeps what bound counters count until a collection asks for it. An
// event is one atomic addition; the Recorder's callback, which the SDK runs
// before it aggregates, moves the sums into the ordinary counters. So views,
// limits, every temporality and several readers see what they would have seen,
// and the SDK's work is done once a collection and not once an event.
//
// Until the callback has run once, counters are written directly: a view may
// have dropped the instruments that the callback is registered for, and then it
// never runs. Events under a sampled span are written directly too, since the
// SDK makes exemplars of them; an exemplar filter other than the usual two, off
// and trace-based, sees sums and not events, and so does a view that makes a
// histogram of a counter. The first event of a counter after a collection is
// written directly as well: at the limit on series, the order of first events
// decides which get a series of their own.
type drain struct {
	running  atomic.Bool
	mu       sync.Mutex // of cells
	cells    []*cell
	flushing sync.Mutex
	stopped  bool // under flushing
}

// cell is one bound counter or up-down counter.
type cell struct {
	n     atomic.Int64
	plain bool        // nobody makes exemplars of its events
	seen  atomic.Bool // by the SDK, since the last collection, which is not the last of all
	fresh atomic.Bool // to be shown at the next collection even if n is 0
	drain *drain
	inst  adder
	opts  []metric.AddOption
}

// bind binds a counter to one attribute set, and lets the instrument bind where
// it can.
func (d *drain) bind(inst adder, set attribute.Set) *cell {
	c := &cell{drain: d}
	if e, ok := inst.(interface{ Exemplars() bool }); ok { // our own pipeline's can say
		c.plain = !e.Exemplars()
	}
	switch b := inst.(type) {
	case interface {
		Bind(...attribute.KeyValue) metric.Int64Counter
	}:
		c.inst = b.Bind(set.ToSlice()...)
	case interface {
		Bind(...attribute.KeyValue) metric.Int64UpDownCounter
	}:
		c.inst = b.Bind(set.ToSlice()...)
	default:
		c.inst, c.opts = inst, []metric.AddOption{metric.WithAttributeSet(set)}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cells = append(d.cells, c)
	return c
}

func (c *cell) add(ctx context.Context, n int64) {
	if c.seen.Load() && (c.plain || !sampled(ctx)) {
		c.n.Add(n)
		if !c.drain.running.Load() {
			c.flush(ctx) // stopped between the two: nobody will come for it
		}
		return
	}
	if !c.seen.Load() && c.drain.running.Load() {
		c.seen.Store(true)
	}
	c.inst.Add(ctx, n, c.opts...)
}

// noSpan is what a context without a span has.
var noSpan = trace.SpanFromContext(context.Background())

// sampled reports whether ctx is inside a sampled span. Most are inside none, which
// is told without a copy of a span's context.
func sampled(ctx context.Context) bool {
	span := trace.SpanFromContext(ctx)
	return span != noSpan && span.SpanContext().IsSampled()
}

// flush moves what was counted into the counter.
func (c *cell) flush(ctx context.Context) {
	if c.seen.Load() {
		c.seen.Store(false)
	}
	fresh := c.fresh.Load() && c.fresh.Swap(false)
	if n := c.n.Swap(0); n != 0 || fresh {
		c.inst.Add(ctx, n, c.opts...)
	}
}

// zero shows counters at zero: now, and once more at the next collection,
// because whoever binds before the global MeterProvider is set would otherwise
// lose his zeros.
func zero(cells ...*cell) {
	for _, c := range cells {
		c.inst.Add(context.Background(), 0, c.opts...)
		c.fresh.Store(true)
	}
}

// collect is the Recorder's part of a collection.
func (d *drain) collect(ctx context.Context) {
	d.flushing.Lock()
	defer d.flushing.Unlock()
	if !d.stopped {
		d.running.Store(true)
	}
	d.flush(ctx)
}

// stop goes back to writing directly, for good: a collection that began before
// may still call collect, but no other will come for what is left.
func (d *drain) stop(ctx context.Context) {
	d.flushing.Lock()
	defer d.flushing.Unlock()
	d.stopped = true
	d.running.Store(false)
	d.flush(ctx)
}

// flush moves all that was counted, with flushing held. Of two collections at
// once the second waits for it, or it would miss what the first has taken out
// and not yet put in.
func (d *drain) flush(ctx context.Context) {
	d.mu.Lock()
	cells := d.cells
	d.mu.Unlock()
	for _, c := range cells {
		c.flush(ctx)
	}
}

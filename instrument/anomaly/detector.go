// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Detector is an [instrument.Observer] that looks for attacks. Make it with [New],
// give it to the recorder by [instrument.WithObserver], and [Detector.Start] it. All
// methods are safe for concurrent use and do nothing on nil.
type Detector struct {
	rules    Rules
	hash     keyer
	inline   bool
	queue    *queue
	suspects suspects
	out      output

	mu     sync.Mutex // of engine
	engine *engine

	state   sync.Mutex // of the two below
	started bool
	stopped bool
	done    chan struct{}
	ended   chan struct{}
	closed  atomic.Bool
	dropped atomic.Int64
}

// New makes a Detector. It always returns one that can be used: an option that could
// not be followed is left out and said in the error, which joins all of them.
func New(opts ...Option) (*Detector, error) {
	c := newConfig(opts)
	d := &Detector{
		rules:  c.rules,
		hash:   newKeyer(c.key),
		inline: c.inline,
		out:    output{config: c, public: newHasher(c.key)},
		done:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	if !c.inline {
		d.queue = newQueue(c.queue)
	}
	memory := c.memory
	if d.queue != nil {
		memory -= d.queue.bytes()
	}
	d.engine = newEngine(c.rules, memory-suspectBytes, d.raised)
	d.engine.off = c.off
	return d, errors.Join(c.errs...)
}

// Start begins the analysis: findings are counted in auth.anomaly.detections of the
// recorder, and the detector's own state in auth.anomaly.tracked_keys,
// auth.anomaly.evictions and auth.sdk.dropped_events. A nil recorder counts nothing.
// What was observed before waits in the queue. Further calls do nothing.
func (d *Detector) Start(rec *instrument.Recorder) {
	if d == nil {
		return
	}
	d.state.Lock()
	defer d.state.Unlock()
	if d.started || d.stopped {
		return
	}
	d.started = true
	d.mu.Lock()
	d.out.rec = rec
	d.mu.Unlock()
	if d.inline {
		close(d.ended)
		return
	}
	go d.run()
}

// Shutdown analyses what waits, until ctx ends, and stops. What is observed
// afterwards is dropped. Further calls do nothing.
func (d *Detector) Shutdown(ctx context.Context) error {
	if d == nil {
		return nil
	}
	d.state.Lock()
	first, started := !d.stopped, d.started
	d.stopped = true
	d.state.Unlock()
	if !first {
		return nil
	}
	d.closed.Store(true)
	if !started {
		return nil
	}
	close(d.done)
	select {
	case <-d.ended:
		d.mu.Lock()
		defer d.mu.Unlock()
		d.report()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Observe takes an event: it makes keys of the names and puts it into the queue. It
// never blocks; an event that does not fit is dropped and counted. With [Inline] it
// is analysed at once.
func (d *Detector) Observe(_ context.Context, e instrument.Event) {
	if d == nil || d.closed.Load() {
		return
	}
	ev := d.reduce(&e)
	if d.inline {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.engine.observe(&ev)
		d.suspects.now.Store(d.engine.now)
		return
	}
	if !d.queue.put(&ev) {
		d.dropped.Add(1)
	}
}

// reportEvery is how often the detector's own metrics are recorded.
const reportEvery = 5 * time.Second

func (d *Detector) run() {
	defer close(d.ended)
	report := time.NewTicker(reportEvery)
	defer report.Stop()
	for {
		d.drain()
		select {
		case <-d.queue.filled:
		case now := <-report.C:
			d.mu.Lock()
			if d.engine.now != 0 {
				d.engine.tick(max(d.engine.now, now.UnixNano()))
			}
			d.report()
			d.mu.Unlock()
		case <-d.done:
			d.drain()
			return
		}
	}
}

// drain analyses all that waits, a few at a time, so that a snapshot need not wait.
func (d *Detector) drain() {
	for more := true; more; {
		d.mu.Lock()
		for range 256 {
			var ev event
			if more = d.queue.take(&ev); !more {
				break
			}
			d.engine.observe(&ev)
		}
		d.suspects.now.Store(d.engine.now)
		d.mu.Unlock()
	}
}

// raised is called by the engine with mu held.
func (d *Detector) raised(f Finding) {
	d.suspects.add(f)
	d.out.emit(f)
}

// report records the detector's own state, with mu held.
func (d *Detector) report() {
	h := d.out.rec.Detector()
	ctx := context.Background()
	e := d.engine
	h.Dropped(ctx, d.dropped.Swap(0))
	h.TrackedKeys(ctx, semconv.AnomalyTableSource, int64(len(e.sources.rows)))
	h.TrackedKeys(ctx, semconv.AnomalyTableSubject, int64(len(e.subjects.rows)))
	h.TrackedKeys(ctx, semconv.AnomalyTableSourceSubject, int64(len(e.pairs.rows)))
	h.TrackedKeys(ctx, semconv.AnomalyTableToken, int64(len(e.sessions.rows)))
	h.TrackedKeys(ctx, semconv.AnomalyTableService, int64(len(e.byName)))
	for t, n := range map[semconv.AnomalyTable]*int64{
		semconv.AnomalyTableSource: &e.sources.evicted, semconv.AnomalyTableSubject: &e.subjects.evicted,
		semconv.AnomalyTableSourceSubject: &e.pairs.evicted, semconv.AnomalyTableToken: &e.sessions.evicted,
	} {
		h.Evicted(ctx, t, *n)
		*n = 0
	}
}

// Keys returns the keys that findings of this day (UTC) have for a source and a
// subject: for whoever is asked about a finding and has a name in mind. An invalid
// address and an empty subject have none.
func (d *Detector) Keys(day time.Time, a netip.Addr, subject string) (sourceKey, subjectKey Key) {
	if d == nil {
		return 0, 0
	}
	s := d.sourceKey(a, "")
	var sub Key
	if subject != "" {
		sub = d.hash.text(domainSubject, subject)
	}
	return d.out.publish(day, s), d.out.publish(day, sub)
}

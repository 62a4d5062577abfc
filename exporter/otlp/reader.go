// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

const (
	// ahead is how long before its deadline a flush or a shutdown ends its push,
	// or a tenth of the time that there is, so that what was lost can be told by
	// the deadline.
	ahead = 50 * time.Millisecond
	// grace is how long after its deadline it still waits for that word. It is
	// used up only when a callback of the host hangs, which nothing can stop.
	grace = 50 * time.Millisecond
)

// reader pushes at every interval and when told to.
//
// It is a reader of its own, because the periodic one of the SDK sends nothing
// when a single callback fails, waits for ever for one that hangs, logs every
// failure, and at shutdown says nothing of what a cancelled push held.
type reader struct {
	*sdkmetric.ManualReader // collection
	*bound.Slot

	push *pusher
	turn chan struct{} // one slot: whoever fills it may use the pusher

	life    context.Context // of the pushes, ended by a shutdown
	end     context.CancelFunc
	stopped chan struct{} // the loop is over

	closing atomic.Bool
	closed  chan struct{} // the shutdown is over
}

func newReader(p *pusher) *reader {
	slot := bound.NewSlot(p.cfg.temporality())
	r := &reader{
		Slot: slot,
		ManualReader: sdkmetric.NewManualReader(
			sdkmetric.WithTemporalitySelector(p.cfg.temporality()),
			sdkmetric.WithAggregationSelector(sdkmetric.DefaultAggregationSelector),
			sdkmetric.WithProducer(slot),
		),
		push:    p,
		turn:    make(chan struct{}, 1),
		stopped: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	p.collect = r.Collect
	r.life, r.end = context.WithCancel(context.Background())
	go r.run()
	return r
}

// run pushes at every interval. No one waits for the result, so it is reported.
func (r *reader) run() {
	defer close(r.stopped)
	tick := time.NewTicker(r.push.cfg.interval)
	defer tick.Stop()
	for {
		select {
		case <-r.life.Done():
			return
		case <-tick.C:
		}
		select {
		case <-r.life.Done():
			return
		case r.turn <- struct{}{}:
		}
		r.report(r.once(context.Background()))
		<-r.turn
	}
}

func (r *reader) report(o outcome) {
	if r.life.Err() != nil {
		return // cut short by the shutdown, which tells it
	}
	report := r.push.report
	if !errors.Is(o.collect, sdkmetric.ErrReaderNotRegistered) {
		report.report("collect", o.collect)
	}
	if o.delivery != nil {
		report.report("push "+o.delivery.kind, o.delivery)
	}
	if o.rejected != nil {
		report.report("rejected", o.rejected)
	}
}

// once pushes once, until the context is done, the time for a push is over, or
// a shutdown begins. The caller has the turn.
func (r *reader) once(ctx context.Context) outcome {
	ctx, cancel := r.limited(ctx)
	defer cancel()
	stop := context.AfterFunc(r.life, cancel)
	defer stop()
	return r.push.push(ctx)
}

// limited gives a context without a deadline that of a push.
func (r *reader) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.push.cfg.exportTimeout)
}

// early gives a context that ends a little before ctx, which has a deadline.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithDeadline(ctx, deadline.Add(-min(ahead, time.Until(deadline)/10)))
}

// ForceFlush pushes now and returns how it went. Without a deadline in ctx it
// takes no longer than the export timeout.
func (r *reader) ForceFlush(ctx context.Context) error {
	if r.closing.Load() {
		return sdkmetric.ErrReaderShutdown
	}
	ctx, cancel := r.limited(ctx)
	defer cancel()
	return r.do(ctx, func() error {
		ctx, cancel := early(ctx)
		defer cancel()
		return r.once(ctx).err()
	})
}

// Shutdown pushes for the last time and frees everything. Later calls wait for
// the first one and return nil.
func (r *reader) Shutdown(ctx context.Context) error {
	ctx, cancel := r.limited(ctx)
	defer cancel()
	if !r.closing.CompareAndSwap(false, true) {
		select {
		case <-r.closed:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s: shutdown is under way: %w", r.push.name, ctx.Err())
		}
	}
	defer close(r.closed)
	// Cumulative data that a push under way holds are in the last push too, so
	// it need not be waited for. Delta data would be sent again, and might arrive
	// twice.
	soon, cancel := early(ctx)
	defer cancel()
	if r.push.cfg.delta {
		stop := context.AfterFunc(soon, r.end)
		defer stop()
	} else {
		r.end()
	}
	err := r.do(ctx, func() error { return r.last(soon) })
	r.end()
	select {
	case <-r.stopped:
	case <-ctx.Done(): // the loop may be in a callback that hangs
	}
	return errors.Join(err, r.push.client.close())
}

// last is the last push. The caller has the turn.
func (r *reader) last(ctx context.Context) error {
	r.push.final = true
	o := r.push.push(ctx)
	if errors.Is(o.collect, sdkmetric.ErrReaderNotRegistered) {
		o.collect = nil // there was never anything to send
	}
	_ = r.ManualReader.Shutdown(ctx)
	return o.err() // what was cut short was in it
}

// do does the work when its turn comes, and leaves it behind when it is still
// not done after the deadline and the grace.
func (r *reader) do(ctx context.Context, work func() error) error {
	result := make(chan error, 1)
	left := make(chan struct{})
	defer close(left)
	go func() {
		select {
		case <-left:
			return
		case r.turn <- struct{}{}:
		}
		defer func() { <-r.turn }()
		result <- work()
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		return fmt.Errorf("%s: nothing is known of the data, since a collection hangs: %w", r.push.name, ctx.Err())
	}
}

// MarshalLog keeps the SDK's own logging to one line without settings.
func (r *reader) MarshalLog() any { return r.push.name }

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

// grace is how long after its deadline a flush or a shutdown still waits for
// the word of a push that has been cancelled. It is used up only when a
// callback of the host hangs, which nothing can stop.
const grace = time.Second

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

	closing     atomic.Bool
	closed      chan struct{} // the shutdown is over
	interrupted []error       // what the shutdown cut short; belongs to the turn
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
	o := r.push.push(ctx)
	if r.life.Err() != nil && o.delivery != nil {
		r.interrupted = append(r.interrupted, o.delivery)
	}
	return o
}

// limited gives a context without a deadline that of a push.
func (r *reader) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.push.cfg.exportTimeout)
}

// ForceFlush pushes now and returns how it went. Without a deadline in ctx it
// takes no longer than the export timeout.
func (r *reader) ForceFlush(ctx context.Context) error {
	if r.closing.Load() {
		return sdkmetric.ErrReaderShutdown
	}
	ctx, cancel := r.limited(ctx)
	defer cancel()
	return r.do(ctx, func() error { return r.once(ctx).err() })
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
	// it need not be waited for. Delta data are nowhere else.
	if r.push.cfg.delta {
		stop := context.AfterFunc(ctx, r.end)
		defer stop()
	} else {
		r.end()
	}
	err := r.do(ctx, func() error { return r.last(ctx) })
	r.end()
	select {
	case <-r.stopped:
	case <-ctx.Done(): // the loop may be in a callback that hangs
	}
	return errors.Join(err, r.push.client.close())
}

// last is the last push. The caller has the turn.
func (r *reader) last(ctx context.Context) error {
	o := r.push.push(ctx)
	if errors.Is(o.collect, sdkmetric.ErrReaderNotRegistered) {
		o.collect = nil // there was never anything to send
	}
	_ = r.ManualReader.Shutdown(ctx)
	if !r.push.cfg.delta {
		return o.err() // the last push held what was cut short
	}
	return errors.Join(append(r.interrupted, o.err())...)
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

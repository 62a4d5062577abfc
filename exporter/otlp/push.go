// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// pusher collects and sends. One goroutine at a time uses it: the one that has
// the turn of the reader.
type pusher struct {
	name    string
	cfg     settings
	client  client
	collect func(context.Context, *metricdata.ResourceMetrics) error
	report  *reporter
	*counters

	data  metricdata.ResourceMetrics // kept, so that its memory is used again
	held  held                       // of earlier pushes, with delta data
	final bool                       // there is no later push
	batch int                        // shrinks when the collector finds requests too large
}

// outcome is how a push went.
type outcome struct {
	collect  error
	delivery *DeliveryError
	rejected *RejectedError
}

func (o outcome) err() error {
	errs := []error{o.collect}
	if o.delivery != nil {
		errs = append(errs, o.delivery)
	}
	if o.rejected != nil {
		errs = append(errs, o.rejected)
	}
	return errors.Join(errs...)
}

var errTimeout = errors.New("the collector did not answer in time")

// push collects and sends all there is. Data are collected even when ctx is
// done already, so that the loss can be told.
func (p *pusher) push(ctx context.Context) (o outcome) {
	o.collect = p.gather(context.WithoutCancel(ctx))
	batches := p.held.take()
	if p.data.Resource != nil {
		batches = append(batches, split(&p.data, p.batch)...)
	}
	if len(batches) == 0 {
		if o.collect != nil && !isIdle(o.collect) {
			p.failures.Add(1)
		}
		return o
	}
	p.client.wake()
	t := tally{metrics: map[metricID]struct{}{}}
	for _, b := range batches {
		p.deliver(ctx, b, &t)
	}
	if len(p.held.batches) > 0 {
		p.data = metricdata.ResourceMetrics{} // its memory is held
	}
	p.settle(ctx, t, &o)
	return o
}

// gather fills data. When a callback fails, what the others observed is there
// all the same; when there is nothing, the resource is nil.
func (p *pusher) gather(ctx context.Context) (err error) {
	p.data.Resource = nil
	defer func() {
		// A callback of the host must not end the host's process from a
		// goroutine that the host knows nothing of.
		if panicked := recover(); panicked != nil {
			p.data.Resource = nil
			// The type alone: what a host panics with may be about a person.
			err = fmt.Errorf("%s: a metric callback panicked: %T", p.name, panicked)
		}
	}()
	err = p.collect(ctx, &p.data)
	if err == nil || isIdle(err) {
		return err
	}
	return fmt.Errorf("%s: collect: %w", p.name, err)
}

// isIdle tells an error that means there is no provider to collect from, before
// it has the reader or after it was shut down.
func isIdle(err error) bool {
	return errors.Is(err, sdkmetric.ErrReaderNotRegistered) || errors.Is(err, sdkmetric.ErrReaderShutdown)
}

type metricID struct {
	scope instrumentation.Scope
	name  string
}

// tally adds up the requests of a push.
type tally struct {
	points   int                   // in all
	failed   int                   // in requests that failed
	lost     int                   // of these, what no later push holds
	metrics  map[metricID]struct{} // in requests that failed
	cause    error
	kind     string
	rejected int64
	message  string
}

func (p *pusher) deliver(ctx context.Context, b batch, t *tally) {
	var r receipt
	err := p.send(ctx, b, &r)
	if err != nil && r.tooLarge && b.points > 1 {
		half := (b.points + 1) / 2
		p.batch = min(p.batch, half)
		for _, b := range split(b.data, half) {
			p.deliver(ctx, b, t)
		}
		return
	}
	t.points += b.points
	t.rejected += r.rejected
	if r.message != "" {
		t.message = r.message
	}
	if err == nil {
		return
	}
	t.failed += b.points
	if p.cfg.delta && r.passing && !p.final {
		t.lost += p.held.add(b)
	} else {
		t.lost += b.points
	}
	for _, s := range b.data.ScopeMetrics {
		for _, m := range s.Metrics {
			t.metrics[metricID{s.Scope, m.Name}] = struct{}{}
		}
	}
	if t.cause == nil {
		t.cause, t.kind = err, r.kind
	}
}

// send makes one request of a batch. When ctx is done it spares itself the
// work, for somebody waits to be told what is lost.
func (p *pusher) send(ctx context.Context, b batch, r *receipt) error {
	if err := context.Cause(ctx); err != nil {
		r.passing = true
		return err
	}
	ctx, cancel := context.WithTimeoutCause(withReceipt(ctx, r), p.cfg.timeout, errTimeout)
	defer cancel()
	err := p.client.Export(ctx, b.data)
	if err != nil && r.kind == "" && ctx.Err() != nil {
		r.passing = true // the time was over before anything was sent
	}
	return err
}

// settle turns the tally into the outcome and the counters.
func (p *pusher) settle(ctx context.Context, t tally, o *outcome) {
	if t.points == 0 {
		return
	}
	p.rejected.Add(t.rejected)
	p.undelivered.Add(int64(t.lost))
	message := p.report.clean(t.message)
	if t.rejected > 0 {
		o.rejected = &RejectedError{DataPoints: t.rejected, Message: message, exporter: p.name}
	} else if message != "" {
		p.report.report("warning", fmt.Errorf("%s: the collector warns: %s", p.name, message))
	}
	if t.cause != nil {
		o.delivery = &DeliveryError{
			DataPoints: t.failed, Metrics: len(t.metrics), Err: t.cause,
			exporter: p.name, kind: t.kind, text: p.report.clean(t.cause.Error()), ctx: ctx.Err(),
		}
	}
	if t.cause != nil || t.rejected >= int64(t.points) {
		p.failures.Add(1)
		return
	}
	p.last.Store(time.Now().UnixNano())
}

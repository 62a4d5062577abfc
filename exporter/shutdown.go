// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

const (
	// DefaultShutdownTimeout is how long [Pipeline.Shutdown] and
	// [Pipeline.ForceFlush] may take if their context has no deadline.
	DefaultShutdownTimeout = 10 * time.Second

	// grace is how long after its deadline a flush or a shutdown still waits for
	// exporters that obey the deadline themselves and are about to say what they
	// could not deliver.
	grace = 50 * time.Millisecond
)

// errLate marks what was not done by the deadline.
var errLate = errors.New("not done by the deadline")

// ForceFlush pushes what there is by every exporter that pushes, all at the same
// time, and returns what went wrong. It returns soon after the deadline of ctx,
// or after [DefaultShutdownTimeout] without one, even if an exporter does not
// obey it.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	return each(ctx, p.exporters, "flush", named.flush)
}

// Shutdown flushes every exporter, all at the same time, and stops them. It
// returns soon after the deadline of ctx, or after [DefaultShutdownTimeout]
// without one, even if an exporter does not obey it. The error says which
// exporter could not deliver what. Every call but the first waits for the
// first, or for its own ctx, and returns the same result.
//
// A ctx that is over already leaves no time to flush: at the end of a program
// pass context.WithoutCancel(ctx).
func (p *Pipeline) Shutdown(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	if p.stopping.CompareAndSwap(false, true) {
		defer close(p.down)
		p.downErr = each(ctx, p.exporters, "shutdown", named.stop)
		p.stopProvider(ctx)
		return p.downErr
	}
	select {
	case <-p.down:
		return p.downErr
	case <-ctx.Done():
		return fmt.Errorf("exporter: shutdown: %w", ctx.Err())
	}
}

// stopProvider makes the provider hand out no more instruments. It asks the
// readers to shut down again; those that did not obey at first may hang.
func (p *Pipeline) stopProvider(ctx context.Context) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = guarded(func() error { return p.provider.Shutdown(ctx) })
	}()
	if errors.Is(p.downErr, errLate) {
		return
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
	}
}

func (e named) flush(ctx context.Context) error {
	if f, ok := e.Reader().(interface{ ForceFlush(context.Context) error }); ok {
		return f.ForceFlush(ctx)
	}
	return nil // read by others when they like
}

// stop shuts the reader down, which flushes, and then the exporter itself.
func (e named) stop(ctx context.Context) error {
	flushed, freed := e.Reader().Shutdown(ctx), e.Shutdown(ctx)
	if errors.Is(flushed, sdkmetric.ErrReaderShutdown) {
		flushed = nil // somebody was faster
	}
	if freed != nil && (errors.Is(flushed, freed) || errors.Is(freed, sdkmetric.ErrReaderShutdown)) {
		return flushed // the exporter says again what its reader has said
	}
	return errors.Join(flushed, freed)
}

// stopAll is for exporters that measured nothing yet that could be lost. The
// context of a start that failed may be over.
func stopAll(ctx context.Context, exporters []named) {
	_ = each(context.WithoutCancel(ctx), exporters, "shutdown", named.stop)
}

// each runs f for all exporters at the same time.
func each(ctx context.Context, exporters []named, what string, f func(named, context.Context) error) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultShutdownTimeout)
		defer cancel()
	}
	errs := make([]error, len(exporters))
	done := make(chan struct{})
	for i, e := range exporters {
		go func() {
			if err := e.within(ctx, func() error { return f(e, ctx) }); err != nil {
				errs[i] = fmt.Errorf("exporter: %s: %s: %w", e.name, what, err)
			}
			done <- struct{}{}
		}()
	}
	for range exporters {
		<-done
	}
	return errors.Join(errs...)
}

// within runs f until ctx ends and a little longer.
func (e named) within(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	go func() { result <- guarded(f) }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-result:
		return err
	case <-late.C:
		return fmt.Errorf("%w, %s: %w", errLate, e.undelivered(), ctx.Err())
	}
}

// undelivered says what an exporter that hangs has kept to itself.
func (e named) undelivered() string {
	if at := lastSuccess(e.Exporter); !at.IsZero() {
		return "nothing was delivered since " + at.UTC().Format(time.RFC3339)
	}
	return "nothing was ever seen delivered"
}

// guarded makes an error of a panic in f, which may be the caller's own exporter.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f()
}

// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// grace is how long after its deadline a flush or a shutdown still waits for
// exporters that obey the deadline themselves and are about to say what they
// could not deliver.
const grace = 50 * time.Millisecond

// ForceFlush pushes what there is by every exporter that pushes and returns
// what went wrong. It returns soon after the deadline of ctx even if an exporter
// does not obey it.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	return within(ctx, "exporter: flush", func() error { return p.provider.ForceFlush(ctx) })
}

// Shutdown flushes every exporter, all at the same time, and stops them. It
// returns soon after the deadline of ctx even if an exporter does not obey it.
// The error says which exporter could not deliver what. Every call but the
// first waits for the first, or for its own ctx, and returns the same result.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	if p.stopping.CompareAndSwap(false, true) {
		results := make(chan error, len(p.exporters))
		for _, e := range p.exporters {
			go func() {
				results <- within(ctx, "exporter: "+e.name+": shutdown", func() error { return e.stop(ctx) })
			}()
		}
		var errs []error
		for range p.exporters {
			errs = append(errs, <-results)
		}
		// The readers are down and have said what they had to say. What the
		// provider does beside is to stop measuring.
		_ = within(ctx, "exporter: provider", func() error { return p.provider.Shutdown(ctx) })
		p.downErr = errors.Join(errs...)
		close(p.down)
		return p.downErr
	}
	select {
	case <-p.down:
		return p.downErr
	case <-ctx.Done():
		return fmt.Errorf("exporter: shutdown: %w", ctx.Err())
	}
}

// stop shuts the reader down, which flushes, and then the exporter itself.
func (e named) stop(ctx context.Context) error {
	flushed, freed := e.Reader().Shutdown(ctx), e.Shutdown(ctx)
	if freed != nil && errors.Is(flushed, freed) {
		return flushed // the exporter says again what its reader has said
	}
	return errors.Join(flushed, freed)
}

// within runs f until ctx ends and a little longer. A panic in f, which may be
// the caller's own exporter, is an error.
func within(ctx context.Context, what string, f func() error) error {
	result := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				result <- fmt.Errorf("%s: panic: %v", what, v)
			}
		}()
		result <- f()
	}()
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
		return fmt.Errorf("%s: not done by the deadline, what it held may be lost: %w", what, ctx.Err())
	}
}

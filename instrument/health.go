// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/semconv"
)

// MinHealthInterval is the shortest interval of [Service.WatchHealth].
const MinHealthInterval = 100 * time.Millisecond

var errHealthPanic = errors.New("otelauth: a health check panicked; the service's state is unknown until one returns")

// WatchHealth asks check how the service is, now and then every interval, and
// sets the state as [Service.SetState] does, as long as the service is registered.
// It returns at once: the check runs on a goroutine of its own, so that it may take
// its time and ask the network, which a collection must never wait for.
//
// check gets a context that ends with the interval. While one has not returned
// by then, or after it has panicked, the state is unknown; there is never more
// than one at a time. Intervals below [MinHealthInterval] are raised to it.
//
// The watch ends with ctx or with [Recorder.Shutdown], whichever is first, and
// leaves the state as it is. With a nil check, or on a nil Service, nothing is
// watched.
func (s *Service) WatchHealth(ctx context.Context, interval time.Duration, check func(context.Context) semconv.ServiceState) {
	if s == nil || check == nil || s.rec.closed.Load() {
		return
	}
	interval = max(interval, MinHealthInterval)
	go s.watch(ctx, interval, check)
}

func (s *Service) watch(ctx context.Context, interval time.Duration, check func(context.Context) semconv.ServiceState) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	// Its buffer lets a check that returns after the end go, too.
	states := make(chan semconv.ServiceState, 1)
	ask := func() { go func() { states <- s.rec.examine(ctx, interval, check) }() }
	ask()
	asked := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.rec.done:
			return
		case state := <-states:
			asked = false
			s.setWatched(state)
		case <-tick.C:
			if asked {
				s.setWatched(semconv.ServiceStateUnknown)
				continue
			}
			asked = true
			ask()
		}
	}
}

// setWatched is SetState for a service that is registered: one that has left is not
// brought back by a check.
func (s *Service) setWatched(state semconv.ServiceState) {
	if state >= semconv.NumServiceState {
		state = semconv.ServiceStateOther
	}
	for shown := s.state.Load(); shown != 0; shown = s.state.Load() {
		if s.state.CompareAndSwap(shown, 1+int32(state)) {
			return
		}
	}
}

// examine runs the check, which is not our code.
func (r *Recorder) examine(ctx context.Context, limit time.Duration, check func(context.Context) semconv.ServiceState) (state semconv.ServiceState) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if recover() != nil {
			r.sickCheck.Do(func() { otel.Handle(errHealthPanic) })
			state = semconv.ServiceStateUnknown
		}
	}()
	return check(ctx)
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// state returns the state that is shown as 1, or "" for none.
func (g *rig) state(service string) string {
	g.t.Helper()
	for k, v := range g.values("auth.service.status") {
		if name, state, ok := strings.Cut(k, " service.state="); ok && v == 1 && name == "service.name="+service {
			return state
		}
	}
	return ""
}

func TestWatchHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, WithServices("db"))
		answers := make(chan semconv.ServiceState)
		var runs int
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		db := g.rec.Service("db")
		db.Register(ctx)
		db.WatchHealth(ctx, time.Second, func(ctx context.Context) semconv.ServiceState {
			runs++
			if _, ok := ctx.Deadline(); !ok {
				t.Error("the check has no deadline")
			}
			return <-answers
		})
		answers <- semconv.ServiceStateHealthy
		synctest.Wait()
		if got := g.state("db"); got != "healthy" {
			t.Errorf("after the first check: %q", got)
		}
		time.Sleep(time.Second + time.Millisecond)
		answers <- semconv.ServiceStateDegraded
		synctest.Wait()
		if got := g.state("db"); got != "degraded" {
			t.Errorf("after the second check: %q", got)
		}

		time.Sleep(3 * time.Second) // the third hangs
		synctest.Wait()
		if got := g.state("db"); got != "unknown" {
			t.Errorf("while a check hangs: %q", got)
		}
		if runs != 3 {
			t.Errorf("%d checks, want the third alone at work", runs)
		}
		answers <- semconv.ServiceStateUnhealthy
		synctest.Wait()
		if got := g.state("db"); got != "unhealthy" {
			t.Errorf("after the check that was late: %q", got)
		}
	})
}

func TestAPanicOfAHealthCheckStopsNothing(t *testing.T) {
	said := reports(t)
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, WithServices("db"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		db := g.rec.Service("db")
		db.Register(ctx)
		var runs int
		db.WatchHealth(ctx, time.Second, func(context.Context) semconv.ServiceState {
			if runs++; runs <= 2 {
				panic("no database")
			}
			return semconv.ServiceStateHealthy
		})
		synctest.Wait()
		if got := g.state("db"); got != "unknown" {
			t.Errorf("after the panic: %q", got)
		}
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		if got := g.state("db"); got != "healthy" {
			t.Errorf("after the next check: %q", got)
		}
	})
	if got := said(); len(got) != 1 {
		t.Errorf("reported: %v, want one error", got)
	}
}

func TestWatchHealthEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		g := newRig(t, WithServices("a", "b"))
		healthy := func(context.Context) semconv.ServiceState { return semconv.ServiceStateHealthy }
		ctx, cancel := context.WithCancel(t.Context())
		g.rec.Service("a").WatchHealth(ctx, 0, healthy)
		g.rec.Service("b").WatchHealth(context.Background(), time.Hour, healthy)
		cancel()
		if err := g.rec.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		before := runtime.NumGoroutine()
		g.rec.Service("a").WatchHealth(context.Background(), time.Hour, healthy)
		g.rec.Service("a").WatchHealth(context.Background(), time.Hour, nil)
		(*Service)(nil).WatchHealth(context.Background(), time.Hour, healthy)
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, want %d: there was nothing to watch", n, before)
		}
	})
}

// A service that has left is not brought back by a check that comes later.
func TestWatchHealthOfAServiceThatHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, WithServices("db"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		db := g.rec.Service("db")
		db.Register(ctx)
		db.WatchHealth(ctx, time.Second, func(context.Context) semconv.ServiceState { return semconv.ServiceStateHealthy })
		synctest.Wait()
		if got := g.state("db"); got != "healthy" {
			t.Errorf("while it is registered: %q", got)
		}
		db.Deregister(ctx)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := g.state("db"); got != "" {
			t.Errorf("after it has left: %q", got)
		}
	})
}

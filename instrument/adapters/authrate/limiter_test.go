// SPDX-License-Identifier: Apache-2.0

package authrate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument/adapters/authrate"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// What a program calls is the same with and without recording.
var (
	_ limiter = (*rate.Limiter)(nil)
	_ limiter = (*authrate.Limiter)(nil)
)

type limiter interface {
	Allow() bool
	AllowN(time.Time, int) bool
	Reserve() *rate.Reservation
	ReserveN(time.Time, int) *rate.Reservation
	Wait(context.Context) error
	WaitN(context.Context, int) error
}

const (
	allowed  = semconv.RateLimitOutcomeAllowed
	limited  = semconv.RateLimitOutcomeLimited
	canceled = semconv.RateLimitOutcomeCanceled
	failOpen = semconv.RateLimitOutcomeFailOpen
)

// checks is how many of each outcome.
type checks map[semconv.RateLimitOutcome]int64

func want(got *instrumenttest.Got, c checks) {
	for o := range semconv.NumRateLimitOutcome {
		got.WantRateLimitChecks(c[o], "burst", o)
	}
}

// each runs the test in a bubble, whose clock stands still while anybody works,
// on a bucket of four tokens that gets one a second.
func each(t *testing.T, test func(*testing.T, *authrate.Limiter), c checks) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		test(t, authrate.New(rate.NewLimiter(1, 4), rec.Service("api").RateLimit("burst"), authrate.WithoutUsage()))
		want(got, c)
		got.WantNothingElse()
	})
}

func TestAllow(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		for i, want := range []bool{true, true, true, true, false, false} {
			if ok := l.Allow(); ok != want {
				t.Errorf("check %d: got %v, want %v", i, ok, want)
			}
		}
		time.Sleep(time.Second)
		if !l.Allow() {
			t.Error("a token that came back is refused")
		}
	}, checks{allowed: 5, limited: 2})
}

// A check counts once, whatever it asks for.
func TestAllowN(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		now := time.Now()
		for _, tt := range []struct {
			n  int
			ok bool
		}{{5, false}, {3, true}, {2, false}, {1, true}, {1, false}, {0, true}} {
			if ok := l.AllowN(now, tt.n); ok != tt.ok {
				t.Errorf("%d tokens: got %v, want %v", tt.n, ok, tt.ok)
			}
		}
		if !l.AllowN(now.Add(2*time.Second), 2) {
			t.Error("the time that was given is not used")
		}
	}, checks{allowed: 4, limited: 3})
}

func TestReserve(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		now := time.Now()
		if r := l.ReserveN(now, 4); !r.OK() || r.DelayFrom(now) != 0 {
			t.Errorf("four of four: ok %v, delay %v", r.OK(), r.DelayFrom(now))
		}
		r := l.Reserve()
		if !r.OK() || r.DelayFrom(now) != time.Second {
			t.Errorf("a fifth: ok %v, delay %v, want a second", r.OK(), r.DelayFrom(now))
		}
		r.Cancel()
		if r := l.ReserveN(now, 5); r.OK() {
			t.Error("five of four can be had")
		}
		if r := l.ReserveN(now.Add(time.Second), 1); r.DelayFrom(now.Add(time.Second)) != 0 {
			t.Error("the reservation that was canceled still holds its token")
		}
	}, checks{allowed: 2, limited: 2})
}

func TestWait(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		start := time.Now()
		for range 6 {
			if err := l.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
	}, checks{allowed: 6})
}

func TestWaitRefused(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		if err := l.WaitN(t.Context(), 5); err == nil {
			t.Error("more than the burst was given")
		}
		if !l.AllowN(time.Now(), 4) {
			t.Error("the bucket is not full")
		}
		// Known at once: the token comes after the deadline.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		err := l.Wait(ctx)
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the limiter's own refusal", err)
		}
	}, checks{allowed: 1, limited: 2})
}

func TestWaitCanceled(t *testing.T) {
	each(t, func(t *testing.T, l *authrate.Limiter) {
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Wait(over); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled before: got %v", err)
		}
		past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		if err := l.Wait(past); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("past its deadline: got %v", err)
		}
		if !l.AllowN(time.Now(), 4) {
			t.Error("a canceled wait took a token")
		}
		during, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		if err := l.Wait(during); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled while it waited: got %v", err)
		}
	}, checks{allowed: 1, canceled: 3})
}

// The zero limiter refuses everything, and that is a limit too.
func TestZeroLimiter(t *testing.T) {
	rec, got := instrumenttest.New(t)
	l := authrate.New(&rate.Limiter{}, rec.Service("api").RateLimit("burst"))
	if l.Allow() || l.Wait(t.Context()) == nil || l.Reserve().OK() {
		t.Error("the zero limiter lets something through")
	}
	want(got, checks{limited: 3})
	got.WantNothingElse()
}

// everything calls each method, and reports which did not let it through.
func everything(t *testing.T, l *authrate.Limiter) {
	t.Helper()
	if !l.Allow() || !l.AllowN(time.Now(), 1_000_000) {
		t.Error("Allow refuses")
	}
	if r := l.Reserve(); !r.OK() || r.Delay() != 0 {
		t.Error("Reserve refuses")
	}
	if r := l.ReserveN(time.Now(), 1_000_000); !r.OK() || r.Delay() != 0 {
		t.Error("ReserveN refuses")
	}
	if err := l.Wait(t.Context()); err != nil {
		t.Error("Wait:", err)
	}
	if err := l.WaitN(t.Context(), 1_000_000); err != nil {
		t.Error("WaitN:", err)
	}
}

func TestNoLimiter(t *testing.T) {
	rec, got := instrumenttest.New(t)
	l := authrate.New(nil, rec.Service("api").RateLimit("burst"), nil)
	everything(t, l)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(over); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want what a limiter returns", err)
	}
	want(got, checks{failOpen: 6, canceled: 1})
	got.WantNothingElse()
}

func TestNil(t *testing.T) {
	everything(t, nil)
	everything(t, authrate.New(nil, nil))
	everything(t, authrate.New(rate.NewLimiter(rate.Inf, 0), nil, authrate.WithoutUsage()))
}

func TestNoHandleStillLimits(t *testing.T) {
	l := authrate.New(rate.NewLimiter(0, 1), nil)
	if !l.Allow() || l.Allow() {
		t.Error("the limiter does not limit as it does by itself")
	}
}

// The total and what was let through hold under load, and the race detector is
// content.
func TestConcurrent(t *testing.T) {
	const workers, each, burst = 8, 200, 100
	rec, got := instrumenttest.New(t)
	bucket := rate.NewLimiter(0, burst)
	l := authrate.New(bucket, rec.Service("api").RateLimit("burst"))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				l.Allow()
				bucket.SetBurst(burst)
			}
		})
	}
	wg.Wait()
	want(got, checks{allowed: burst, limited: workers*each - burst})
}

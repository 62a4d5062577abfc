// SPDX-License-Identifier: Apache-2.0

package authredis_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/datapunk/otelauth/instrument/adapters/authredis"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

const (
	allowed    = semconv.RateLimitOutcomeAllowed
	limited    = semconv.RateLimitOutcomeLimited
	canceled   = semconv.RateLimitOutcomeCanceled
	failOpen   = semconv.RateLimitOutcomeFailOpen
	failClosed = semconv.RateLimitOutcomeFailClosed
)

// key is a client's, and must not leave the process.
const key = "user-4711@example.org"

// rig is a limiter on a client, recorded.
type rig struct {
	*authredis.Limiter
	got *instrumenttest.Got
}

func newRig(t *testing.T, client *redis.Client, opts ...authredis.Option) *rig {
	t.Helper()
	rec, got := instrumenttest.New(t)
	return &rig{authredis.New(redis_rate.NewLimiter(client), rec.Service("api").RateLimit("hour"), opts...), got}
}

// want asserts how many checks came out in which way, and that nothing else but
// the gauges was recorded.
func (r *rig) want(checks map[semconv.RateLimitOutcome]int64) {
	for o := range semconv.NumRateLimitOutcome {
		r.got.WantRateLimitChecks(checks[o], "hour", o)
	}
}

func (r *rig) wantUsage(used, limit float64) {
	r.got.Want("auth.rate_limit.usage", used)
	r.got.Want("auth.rate_limit.limit", limit)
	r.got.WantNothingElse()
	r.got.WantNowhere(key)
}

func TestAllow(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		r := newRig(t, s.client)
		for i := range 5 {
			res, err := r.Allow(t.Context(), key, redis_rate.PerHour(3))
			if err != nil {
				t.Fatal(err)
			}
			if want := min(1, max(0, 3-i)); res.Allowed != want {
				t.Errorf("check %d: allowed %d, want %d", i, res.Allowed, want)
			}
			if over := res.RetryAfter > 0; over != (i >= 3) {
				t.Errorf("check %d: retry after %v", i, res.RetryAfter)
			}
		}
		r.want(map[semconv.RateLimitOutcome]int64{allowed: 3, limited: 2})
		r.wantUsage(3, 3)
	})
}

func TestAllowN(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		r := newRig(t, s.client)
		limit := redis_rate.PerHour(10)
		for _, tt := range []struct{ n, allowed int }{{6, 6}, {6, 0}, {0, 0}, {3, 3}, {-1, -1}, {100, 0}} {
			if res, err := r.AllowN(t.Context(), key, limit, tt.n); err != nil || res.Allowed != tt.allowed {
				t.Errorf("%d events: got %+v, %v, want %d", tt.n, res, err, tt.allowed)
			}
		}
		r.want(map[semconv.RateLimitOutcome]int64{allowed: 2, limited: 2}) // to ask for none is no check
	})
}

func TestAllowAtMost(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		r := newRig(t, s.client)
		for _, tt := range []struct{ n, allowed int }{{6, 6}, {6, 4}, {6, 0}} {
			res, err := r.AllowAtMost(t.Context(), key, redis_rate.PerHour(10), tt.n)
			// Redis computes in parts of an event, and cuts them off.
			if err != nil || res.Allowed > tt.allowed || res.Allowed < tt.allowed-1 {
				t.Errorf("at most %d: got %+v, %v, want %d", tt.n, res, err, tt.allowed)
			}
		}
		r.want(map[semconv.RateLimitOutcome]int64{allowed: 2, limited: 1})
		r.wantUsage(10, 10)
	})
}

// calls is every way to ask for some.
func (r *rig) calls(ctx context.Context) map[string]func() (*redis_rate.Result, error) {
	limit := redis_rate.PerHour(10)
	return map[string]func() (*redis_rate.Result, error){
		"Allow":       func() (*redis_rate.Result, error) { return r.Allow(ctx, key, limit) },
		"AllowN":      func() (*redis_rate.Result, error) { return r.AllowN(ctx, key, limit, 1) },
		"AllowAtMost": func() (*redis_rate.Result, error) { return r.AllowAtMost(ctx, key, limit, 1) },
	}
}

// wantAnswer asserts the answer of every call when there is none from Redis.
func (r *rig) wantAnswer(t *testing.T, ctx context.Context, allowed int) {
	t.Helper()
	for name, call := range r.calls(ctx) {
		res, err := call()
		if err == nil || res == nil {
			t.Fatalf("%s: got %+v, %v, want an answer and the error", name, res, err)
		}
		if res.Allowed != allowed || (res.RetryAfter > 0) != (allowed == 0) || res.Limit != redis_rate.PerHour(10) {
			t.Errorf("%s: got %+v, want %d allowed", name, res, allowed)
		}
	}
}

func TestOutage(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		closed, open := newRig(t, s.client), newRig(t, s.client, authredis.WithFailOpen(), nil)
		for _, r := range []*rig{closed, open} {
			if res, err := r.Allow(t.Context(), key, redis_rate.PerHour(10)); err != nil || res.Allowed != 1 {
				t.Fatalf("before the outage: %+v, %v", res, err)
			}
		}
		s.stop()
		closed.wantAnswer(t, t.Context(), 0)
		open.wantAnswer(t, t.Context(), 1)
		closed.want(map[semconv.RateLimitOutcome]int64{allowed: 1, failClosed: 3})
		open.want(map[semconv.RateLimitOutcome]int64{allowed: 1, failOpen: 3})
		closed.wantUsage(1, 10) // no answer says nothing about the bucket
		open.wantUsage(2, 10)
	})
}

// What is let through unseen is no more than a bucket that nobody has used.
func TestFailOpenAtMost(t *testing.T) {
	r := &rig{Limiter: authredis.New(nil, nil, authredis.WithFailOpen())}
	limit := redis_rate.PerHour(10)
	for n, want := range map[int]int{4: 4, 400: 10, 0: 0, -4: 0} {
		if res, err := r.AllowAtMost(t.Context(), key, limit, n); err == nil || res.Allowed != want {
			t.Errorf("at most %d: got %+v, %v, want %d", n, res, err, want)
		}
	}
}

// A Redis that accepts and says nothing.
func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := newRig(t, newClient(t, &redis.Options{Addr: l.Addr().String()}), authredis.WithFailOpen())

	slow, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if res, err := r.Allow(slow, "key", redis_rate.PerMinute(10)); err == nil || res.Allowed != 1 {
		t.Errorf("a caller who waited: %+v, %v", res, err)
	}
	r.want(map[semconv.RateLimitOutcome]int64{failOpen: 1})

	// Nobody gets past the limit by leaving no time to ask, or by hanging up.
	r.wantAnswer(t, slow, 0)
	r.want(map[semconv.RateLimitOutcome]int64{failOpen: 1, failClosed: 3})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r.wantAnswer(t, gone, 0)
	r.want(map[semconv.RateLimitOutcome]int64{failOpen: 1, failClosed: 3, canceled: 3})
	r.got.WantNothingElse()
}

// A server that refuses the script is no answer; its text goes to the caller
// alone.
func TestRefusal(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		r := newRig(t, s.client)
		if err := s.client.Set(t.Context(), "rate:"+key, "no number", 0).Err(); err != nil {
			t.Fatal(err)
		}
		r.wantAnswer(t, t.Context(), 0)
		r.want(map[semconv.RateLimitOutcome]int64{failClosed: 3})
		r.got.WantNothingElse()
		r.got.WantNowhere(key, "no number")
	})
}

// garbage answers every script with something that the limiter panics at.
type garbage struct{ *redis.Client }

func (g garbage) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	cmd.SetVal("this is not the answer to a script")
	return cmd
}

func TestGarbage(t *testing.T) {
	rec, got := instrumenttest.New(t)
	limiter := redis_rate.NewLimiter(garbage{newClient(t, &redis.Options{Addr: "127.0.0.1:1"})})
	r := &rig{authredis.New(limiter, rec.Service("api").RateLimit("hour")), got}
	r.wantAnswer(t, t.Context(), 0)
	r.want(map[semconv.RateLimitOutcome]int64{failClosed: 3})
	got.WantNothingElse()
}

func TestNil(t *testing.T) {
	rec, got := instrumenttest.New(t)
	r := &rig{authredis.New(nil, rec.Service("api").RateLimit("hour")), got}
	r.wantAnswer(t, t.Context(), 0)
	r.wantAnswer(t, nil, 0)
	r.want(map[semconv.RateLimitOutcome]int64{failClosed: 6})
	got.WantNothingElse()

	(&rig{}).wantAnswer(t, t.Context(), 0)
	(&rig{Limiter: authredis.New(nil, nil)}).wantAnswer(t, t.Context(), 0)
}

func TestNoHandleStillLimits(t *testing.T) {
	s := inProcess(t)
	l := authredis.New(redis_rate.NewLimiter(s.client), nil)
	for i, want := range []int{1, 0} {
		if res, err := l.Allow(t.Context(), key, redis_rate.PerHour(1)); err != nil || res.Allowed != want {
			t.Errorf("check %d: got %+v, %v, want %d", i, res, err, want)
		}
	}
	s.stop()
	if _, err := l.Allow(t.Context(), key, redis_rate.PerHour(1)); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the error of the outage", err)
	}
}

func TestConcurrent(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		const workers, each, limit = 8, 25, 120
		r := newRig(t, s.client)
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range each {
					if _, err := r.Allow(t.Context(), key, redis_rate.PerHour(limit)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r.want(map[semconv.RateLimitOutcome]int64{allowed: limit, limited: workers*each - limit})
		r.wantUsage(limit, limit)
	})
}

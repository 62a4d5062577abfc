// SPDX-License-Identifier: Apache-2.0

package authrate

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument"
)

// interval is how often the gauges are set while a bucket is in use.
const interval = time.Second

// usage keeps the gauges of one bucket. A check costs one atomic load while the
// timer runs, and the timer runs only while there is something to show. Nil shows
// nothing.
type usage struct {
	bucket *rate.Limiter
	handle *instrument.RateLimit

	running atomic.Bool // the timer is going to fire
	mu      sync.Mutex  // of timer
	timer   *time.Timer
}

// changed says that tokens may have been taken.
func (u *usage) changed(ctx context.Context, t time.Time) {
	if u == nil || u.running.Load() || u.running.Swap(true) {
		return
	}
	u.show(ctx, t)
	u.start()
}

// start sets the timer going.
func (u *usage) start() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.timer == nil {
		u.timer = time.AfterFunc(interval, u.tick)
		return
	}
	u.timer.Reset(interval)
}

// tick shows what the bucket has become, and goes on until that can no longer
// change by itself.
func (u *usage) tick() {
	now := time.Now()
	shown := u.show(context.Background(), now)
	if shown == 0 || u.bucket.Limit() <= 0 {
		u.running.Store(false)
		// A check that came in between has seen the timer running.
		if u.used(now) == shown || u.running.Swap(true) {
			return
		}
	}
	u.start()
}

// show sets the gauges and returns the use.
func (u *usage) show(ctx context.Context, t time.Time) int64 {
	used := u.used(t)
	u.handle.Usage(ctx, used, int64(max(0, u.bucket.Burst())))
	return used
}

// used is how many tokens are missing for a full bucket, a part of one included,
// so that it is zero only when the bucket is full.
func (u *usage) used(t time.Time) int64 {
	used := math.Ceil(float64(u.bucket.Burst()) - u.bucket.TokensAt(t))
	if math.IsNaN(used) { // of an infinite limit that is not rate.Inf
		return 0
	}
	return int64(min(max(0, used), 1<<62))
}

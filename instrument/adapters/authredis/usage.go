// SPDX-License-Identifier: Apache-2.0

package authredis

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"github.com/datapunk/otelauth/instrument"
)

// interval is how often the gauges are set while a bucket drains.
const interval = time.Second

// usage shows the fullest bucket.
type usage struct {
	handle *instrument.RateLimit

	mu      sync.Mutex
	fullest bucket
	running bool // the timer is going to fire
	timer   *time.Timer
}

// bucket is what a result said of a bucket, which drains evenly from then on.
type bucket struct {
	used, limit int
	at          time.Time
	drains      time.Duration // until it is empty
}

// usedAt is how much of it is used at a time from b.at on.
func (b bucket) usedAt(t time.Time) float64 {
	left := b.drains - t.Sub(b.at)
	if left <= 0 {
		return 0
	}
	return float64(b.used) * float64(left) / float64(b.drains)
}

// share is the part of the bucket that is used.
func (b bucket) share(t time.Time) float64 { return b.usedAt(t) / float64(max(1, b.limit)) }

// seen takes note of a result. Of one bucket the newer result wins: it is at
// least as full as the older one has become.
func (u *usage) seen(ctx context.Context, res *redis_rate.Result) {
	if u.handle == nil {
		return
	}
	now := time.Now()
	b := bucket{
		used:   max(0, res.Limit.Burst-res.Remaining),
		limit:  max(0, res.Limit.Burst),
		at:     now,
		drains: res.ResetAfter,
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if b.share(now) < u.fullest.share(now) {
		return
	}
	u.fullest = b
	u.show(ctx, now)
	if !u.running {
		u.running = true
		u.start()
	}
}

func (u *usage) start() {
	if u.timer == nil {
		u.timer = time.AfterFunc(interval, u.tick)
		return
	}
	u.timer.Reset(interval)
}

// tick shows what the bucket has drained to, until it is empty.
func (u *usage) tick() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.show(context.Background(), time.Now()) == 0 {
		u.running = false
		return
	}
	u.start()
}

// show sets the gauges and returns the use, a part of an event rounded up.
func (u *usage) show(ctx context.Context, t time.Time) int64 {
	used := int64(math.Ceil(u.fullest.usedAt(t)))
	u.handle.Usage(ctx, used, int64(u.fullest.limit))
	return used
}

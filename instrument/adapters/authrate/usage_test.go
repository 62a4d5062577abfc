// SPDX-License-Identifier: Apache-2.0

package authrate_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument/adapters/authrate"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// bubble runs a test of the gauges. It ends only when no timer is left.
func bubble(t *testing.T, bucket *rate.Limiter, test func(l *authrate.Limiter, want func(used, limit float64))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		l := authrate.New(bucket, rec.Service("api").RateLimit("burst"))
		test(l, func(used, limit float64) {
			t.Helper()
			synctest.Wait() // until a timer that is due has done its work
			got.Want("auth.rate_limit.usage", used, semconv.RateLimitTypeKey.String("burst"))
			got.Want("auth.rate_limit.limit", limit, semconv.RateLimitTypeKey.String("burst"))
		})
		got.Want("auth.sdk.rejected_measurements", 0)
	})
}

// The gauge follows the bucket down to zero when nobody calls any more.
func TestUsageFollowsTheBucket(t *testing.T) {
	bubble(t, rate.NewLimiter(2, 6), func(l *authrate.Limiter, want func(used, limit float64)) {
		want(0, 0)
		l.Allow()
		want(1, 6)
		for range 9 {
			l.Allow() // shown by the timer
		}
		want(1, 6)
		for _, used := range []float64{4, 2, 0, 0} {
			time.Sleep(time.Second)
			want(used, 6)
		}
		l.AllowN(time.Now(), 5) // at rest, so it is shown at once
		want(5, 6)
		time.Sleep(time.Hour)
		want(0, 6)
	})
}

// A part of a token is in use until it is back.
func TestUsageIsRoundedUp(t *testing.T) {
	bubble(t, rate.NewLimiter(0.25, 2), func(l *authrate.Limiter, want func(used, limit float64)) {
		l.Allow()
		for range 3 {
			time.Sleep(time.Second)
			want(1, 2)
		}
		time.Sleep(time.Second)
		want(0, 2)
	})
}

// What is reserved and waited for is in use beyond the burst.
func TestUsageOfReservations(t *testing.T) {
	bubble(t, rate.NewLimiter(1, 2), func(l *authrate.Limiter, want func(used, limit float64)) {
		l.ReserveN(time.Now(), 2)
		l.ReserveN(time.Now(), 2)
		time.Sleep(time.Second)
		want(3, 2)
		time.Sleep(3 * time.Second)
		want(0, 2)
	})
}

// A bucket that is never filled again needs no timer, and is shown all the same.
func TestUsageWithoutRefill(t *testing.T) {
	bubble(t, rate.NewLimiter(0, 3), func(l *authrate.Limiter, want func(used, limit float64)) {
		l.Allow()
		l.Allow()
		time.Sleep(time.Hour)
		want(2, 3)
		l.Allow()
		want(3, 3)
		time.Sleep(time.Hour)
	})
}

func TestUsageFollowsTheLimit(t *testing.T) {
	bucket := rate.NewLimiter(1, 4)
	bubble(t, bucket, func(l *authrate.Limiter, want func(used, limit float64)) {
		l.AllowN(time.Now(), 4)
		bucket.SetBurst(10)
		time.Sleep(time.Second)
		want(9, 10)
		bucket.SetLimit(rate.Inf)
		time.Sleep(time.Second)
		want(0, 10)
	})
}

// Numbers that no gauge can hold do no harm.
func TestUsageOfAbsurdLimiters(t *testing.T) {
	for _, bucket := range []*rate.Limiter{
		rate.NewLimiter(rate.Inf, -1),
		rate.NewLimiter(-1, -5),
		rate.NewLimiter(rate.Limit(math.Inf(1)), 2),
	} {
		bubble(t, bucket, func(l *authrate.Limiter, want func(used, limit float64)) {
			l.Allow()
			l.AllowN(time.Now(), math.MaxInt)
			want(0, float64(max(0, bucket.Burst())))
		})
	}
	bubble(t, rate.NewLimiter(0, math.MaxInt), func(l *authrate.Limiter, want func(used, limit float64)) {
		l.AllowN(time.Now(), math.MaxInt)
		want(1<<62, math.MaxInt)
	})
}

func TestWithoutUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		l := authrate.New(rate.NewLimiter(0, 3), rec.Service("api").RateLimit("burst"), authrate.WithoutUsage())
		l.Allow()
		time.Sleep(time.Minute)
		want(got, checks{allowed: 1})
		got.WantNothingElse()
	})
}

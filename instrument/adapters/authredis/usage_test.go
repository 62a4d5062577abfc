// SPDX-License-Identifier: Apache-2.0

package authredis

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"github.com/datapunk/otelauth/instrument/instrumenttest"
)

// bubble runs a test of the gauges on a clock that stands still while anybody
// works. It ends only when no timer is left.
func bubble(t *testing.T, test func(see func(used, limit int, drains time.Duration), want func(used, limit float64))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		u := &usage{handle: rec.Service("api").RateLimit("second")}
		see := func(used, limit int, drains time.Duration) {
			u.seen(t.Context(), &redis_rate.Result{
				Limit:      redis_rate.Limit{Burst: limit},
				Remaining:  limit - used,
				ResetAfter: drains,
			})
		}
		test(see, func(used, limit float64) {
			t.Helper()
			synctest.Wait()
			got.Want("auth.rate_limit.usage", used)
			got.Want("auth.rate_limit.limit", limit)
			got.WantNothingElse()
		})
	})
}

func TestUsageDrains(t *testing.T) {
	bubble(t, func(see func(int, int, time.Duration), want func(float64, float64)) {
		see(6, 10, 3*time.Second)
		for _, used := range []float64{6, 4, 2, 0, 0} {
			want(used, 10)
			time.Sleep(time.Second)
		}
		see(1, 10, time.Second/2)
		want(1, 10)
		time.Sleep(time.Hour)
		want(0, 10)
	})
}

// The gauge stays with the fullest bucket, whoever asks in between.
func TestUsageOfTheFullest(t *testing.T) {
	bubble(t, func(see func(int, int, time.Duration), want func(float64, float64)) {
		see(2, 10, time.Second)
		see(8, 10, 4*time.Second)
		see(1, 10, time.Second/2)
		want(8, 10)
		see(9, 100, time.Second) // more, and yet a smaller part
		want(8, 10)
		time.Sleep(3 * time.Second)
		want(2, 10)
		see(3, 10, 2*time.Second) // by now the fullest
		want(3, 10)
		see(4, 4, time.Second)
		want(4, 4)
		time.Sleep(time.Minute)
		want(0, 4)
	})
}

// Of one bucket the newest result is shown.
func TestUsageFollowsOneBucket(t *testing.T) {
	bubble(t, func(see func(int, int, time.Duration), want func(float64, float64)) {
		for used := 1; used <= 10; used++ {
			see(used, 10, time.Duration(used)*time.Second)
			want(float64(used), 10)
		}
		see(10, 10, 10*time.Second) // one that was refused
		want(10, 10)
		time.Sleep(time.Minute)
		want(0, 10)
	})
}

// Results that make no sense do no harm.
func TestUsageOfAbsurdResults(t *testing.T) {
	bubble(t, func(see func(int, int, time.Duration), want func(float64, float64)) {
		see(5, 10, 0)
		want(0, 10)
		see(5, 10, -time.Hour)
		want(0, 10)
		see(-3, 10, time.Second)
		want(0, 10)
		see(5, 0, time.Second)
		want(5, 0)
		see(5, -10, time.Second)
		time.Sleep(time.Minute)
		want(0, 0)
	})
}

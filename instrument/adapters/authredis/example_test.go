// SPDX-License-Identifier: Apache-2.0

package authredis_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/datapunk/otelauth/instrument/adapters/authredis"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		fmt.Println(err)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	rec, got := instrumenttest.New(printT{}) // in a service: instrument.New
	api := rec.Service("api")

	limiter := authredis.New(redis_rate.NewLimiter(client), api.RateLimit("minute"), authredis.WithFailOpen())
	for range 3 {
		res, _ := limiter.Allow(context.Background(), "192.0.2.7", redis_rate.PerMinute(2))
		fmt.Println(res.Allowed)
	}
	server.Close()
	res, err := limiter.Allow(context.Background(), "192.0.2.7", redis_rate.PerMinute(2))
	fmt.Println(res.Allowed, err != nil)

	got.WantRateLimitChecks(2, "minute", semconv.RateLimitOutcomeAllowed)
	got.WantRateLimitChecks(1, "minute", semconv.RateLimitOutcomeLimited)
	got.WantRateLimitChecks(1, "minute", semconv.RateLimitOutcomeFailOpen)
	// Output:
	// 1
	// 1
	// 0
	// 1 true
}

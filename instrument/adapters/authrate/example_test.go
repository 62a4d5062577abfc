// SPDX-License-Identifier: Apache-2.0

package authrate_test

import (
	"fmt"
	"sync"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authrate"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	rec, got := instrumenttest.New(printT{}) // in a service: instrument.New
	api := rec.Service("api")

	logins := authrate.New(rate.NewLimiter(0, 2), api.RateLimit("burst"))
	for range 3 {
		fmt.Println(logins.Allow())
	}

	got.WantRateLimitChecks(2, "burst", semconv.RateLimitOutcomeAllowed)
	got.WantRateLimitChecks(1, "burst", semconv.RateLimitOutcomeLimited)
	// Output:
	// true
	// true
	// false
}

// perClient has a bucket for each client, and one handle for all of them.
type perClient struct {
	handle  *instrument.RateLimit
	mu      sync.Mutex
	buckets map[string]*authrate.Limiter // bound it in a service: clients choose their names
}

func (p *perClient) allow(client string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.buckets[client]
	if l == nil {
		l = authrate.New(rate.NewLimiter(0, 1), p.handle, authrate.WithoutUsage())
		p.buckets[client] = l
	}
	return l.Allow()
}

func ExampleWithoutUsage() {
	rec, got := instrumenttest.New(printT{})
	p := &perClient{handle: rec.Service("api").RateLimit("second"), buckets: map[string]*authrate.Limiter{}}
	fmt.Println(p.allow("alice"), p.allow("bob"), p.allow("alice"))

	got.WantRateLimitChecks(2, "second", semconv.RateLimitOutcomeAllowed)
	got.WantRateLimitChecks(1, "second", semconv.RateLimitOutcomeLimited)
	got.WantNothingElse()
	got.WantNowhere("alice")
	// Output:
	// true true false
}

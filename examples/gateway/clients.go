// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authrate"
	"github.com/datapunk/otelauth/instrument/authhttp"
)

const (
	burst      = 5           // requests of one client at once
	every      = time.Minute // and then one
	maxClients = 10_000      // remembered; then all begin anew
)

// proxies are those whose word on the client's address counts: here the traffic, which passes for a load
// balancer.
var proxies = netip.MustParsePrefix("127.0.0.0/8")

// clients has a limiter for each client, all of which record on one handle. The address finds the limiter
// and is recorded nowhere: as a label it would give the client away, and whoever has many addresses could
// make as many series.
type clients struct {
	checks *instrument.RateLimit

	mu       sync.Mutex
	limiters map[netip.Addr]*authrate.Limiter
}

func newClients(svc *instrument.Service) *clients {
	return &clients{checks: svc.RateLimit("burst"), limiters: map[netip.Addr]*authrate.Limiter{}}
}

// limit refuses clients that send too much. It lies outside of authentication, so that guesses are limited,
// and what it refuses is no attempt.
func (c *clients) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.of(authhttp.ClientIP(r, authhttp.XForwardedFor, proxies)).Allow() {
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *clients) of(client netip.Addr) *authrate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.limiters[client]
	if l == nil {
		if len(c.limiters) >= maxClients {
			clear(c.limiters)
		}
		l = authrate.New(rate.NewLimiter(rate.Every(every), burst), c.checks, authrate.WithoutUsage())
		c.limiters[client] = l
	}
	return l
}

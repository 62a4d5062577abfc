// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	burst      = 8   // logins of one client at once
	perSecond  = 0.5 // and then
	dailyQuota = 1_000_000
	maxClients = 10_000 // remembered; then all begin anew
)

// limiter has a bucket of tokens for each client, and a quota for all together.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]*bucket
	today   int64
	day     time.Time
}

type bucket struct {
	tokens float64
	filled time.Time
}

// allow takes one token if there is one. It tells also how many of the bucket are used, and how much of
// the quota.
func (l *limiter) allow(client string) (ok bool, used, today int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.day) >= 24*time.Hour {
		l.day, l.today = now, 0
	}
	b := l.buckets[client]
	if b == nil {
		if len(l.buckets) >= maxClients {
			clear(l.buckets)
		}
		b = &bucket{burst, now}
		l.buckets[client] = b
	}
	b.tokens, b.filled = min(burst, b.tokens+perSecond*now.Sub(b.filled).Seconds()), now
	if ok = b.tokens >= 1 && l.today < dailyQuota; ok {
		b.tokens--
		l.today++
	}
	return ok, burst - int64(b.tokens), l.today
}

// clientOf returns the client's address. The header is to be believed only from one's own proxy; here
// the traffic uses it to look like many clients.
func clientOf(r *http.Request) string {
	if forwarded := r.Header.Get("X-Forwarded-For"); forwarded != "" {
		return forwarded
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}

// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"fmt"
	"log"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// A reporter passes faults to OpenTelemetry's error handler, at most one of a
// kind in each interval: whoever can connect can cause them at will.
type reporter struct {
	interval time.Duration
	handle   func(error)

	mu   sync.Mutex
	last map[string]time.Time
}

func newReporter(interval time.Duration) *reporter {
	return &reporter{interval: interval, handle: otel.Handle, last: map[string]time.Time{}}
}

func (r *reporter) errorf(kind, format string, args ...any) {
	r.mu.Lock()
	now := time.Now()
	if last, ok := r.last[kind]; ok && now.Sub(last) < r.interval {
		r.mu.Unlock()
		return
	}
	r.last[kind] = now
	r.mu.Unlock()
	r.handle(fmt.Errorf("prom: %s", oneLine(fmt.Sprintf(format, args...))))
}

// oneLine keeps a client from writing lines of its own into a log.
func oneLine(s string) string {
	s = strings.TrimRight(s, "\n")
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// logger is for net/http, which logs what clients do wrong.
func (r *reporter) logger() *log.Logger { return log.New(serverLog{r}, "", 0) }

type serverLog struct{ report *reporter }

func (l serverLog) Write(b []byte) (int, error) {
	l.report.errorf("server", "%s", serverFault(string(b)))
	return len(b), nil
}

// reasons are what may be told of why a handshake failed. The rest of the text
// has the client's address and words of the client's own.
var reasons = []string{
	"bad certificate",
	"unknown certificate authority",
	"certificate required",
	"client didn't provide a certificate",
	"failed to verify certificate",
	"client offered only unsupported versions",
	"no cipher suite supported",
	"first record does not look like a TLS handshake",
	"client sent an HTTP request to an HTTPS server",
	"EOF",
	"timeout",
}

// serverFault makes of a line of net/http's log one that says nothing about the
// client.
func serverFault(line string) string {
	switch {
	case strings.HasPrefix(line, "http: TLS handshake error"):
		for _, reason := range reasons {
			if strings.Contains(line, reason) {
				return "a TLS handshake failed: " + reason
			}
		}
		return "a TLS handshake failed"
	case strings.HasPrefix(line, "http: Accept error"):
		return strings.TrimSpace(line) // has our own address alone
	case strings.HasPrefix(line, "http: panic serving"):
		return "answering a scrape panicked"
	}
	return "a connection or request was faulty"
}

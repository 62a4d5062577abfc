// SPDX-License-Identifier: Apache-2.0

package authscs

import (
	"context"
	"sync"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// interval is how often the table is searched for sessions that have expired. That
// takes some 2 ms for 100,000 of them.
const interval = 10 * time.Second

// table holds the sessions that count as active, and when each expires by what
// this process knows.
type table struct {
	handle *instrument.Sessions
	limit  int

	mu      sync.Mutex
	expiry  map[key]time.Time
	running bool // the timer is going to fire
	timer   *time.Timer
}

func (t *table) has(k key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.expiry[k]
	return ok
}

// begin tracks one more session, and reports false if it does not: because there
// is no room, or because it is tracked already.
func (t *table) begin(k key, expiry time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.expiry[k]; ok || len(t.expiry) >= t.limit {
		return false
	}
	t.expiry[k] = expiry
	if !t.running {
		t.running = true
		t.start()
	}
	return true
}

// extend changes when a session expires, if it is tracked.
func (t *table) extend(k key, expiry time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.expiry[k]; ok {
		t.expiry[k] = expiry
	}
}

// move tracks a session under another key, if it is tracked.
func (t *table) move(from, to key, expiry time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.expiry[from]; ok {
		delete(t.expiry, from)
		t.expiry[to] = expiry
	}
}

// end no longer tracks a session, and reports whether it did.
func (t *table) end(k key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.expiry[k]
	delete(t.expiry, k)
	return ok
}

// gone says that a session turned out not to be in the store.
func (t *table) gone(ctx context.Context, k key) {
	t.mu.Lock()
	expiry, ok := t.expiry[k]
	delete(t.expiry, k)
	t.mu.Unlock()
	switch {
	case !ok:
	case expiry.After(time.Now()): // another process has ended it, or the store has lost it
		t.handle.Adjust(ctx, -1)
	default:
		t.handle.Count(ctx, semconv.SessionOperationExpire, nil)
	}
}

func (t *table) start() {
	if t.timer == nil {
		t.timer = time.AfterFunc(interval, t.sweep)
		return
	}
	t.timer.Reset(interval)
}

// sweep counts the sessions that have expired, until there is none left to wait
// for.
func (t *table) sweep() {
	now, expired := time.Now(), 0
	t.mu.Lock()
	for k, expiry := range t.expiry {
		if !expiry.After(now) {
			delete(t.expiry, k)
			expired++
		}
	}
	t.running = len(t.expiry) > 0
	if t.running {
		t.start()
	}
	t.mu.Unlock()
	for range expired {
		t.handle.Count(context.Background(), semconv.SessionOperationExpire, nil)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

const (
	// grace is how long a connection may be silent, on the log's clock, before its attempts are settled. It is
	// sshd's own LoginGraceTime: no attempt takes longer.
	grace = 2 * time.Minute
	// maxConnections bounds the connections that are followed at once. Above it all are settled; a verdict that
	// comes later still counts, so the worst is an attempt counted twice.
	maxConnections = 50_000
)

// connections follows what each connection, one process of sshd, tried.
//
// One attempt leaves up to four lines: "Invalid user", pam_unix's "authentication failure", "Failed password", and a
// "Connection closed by invalid user" at the end. Only "Accepted" and "Failed" are verdicts, and each of them is one
// attempt, counted at once. The other lines are witnesses. They count only for the attempts that have no verdict:
// logs that hold PAM's lines alone, servers that log refused keys only from the third on, and clients that name a
// user and leave. So a connection counts max(verdicts, what the witnesses saw).
type connections struct {
	service string
	open    map[connection]*tries
	swept   time.Time // when the silent ones were last looked for
	order   int
}

type connection struct{ host, pid string }

// tries is what one connection did so far.
type tries struct {
	order int       // of its first line, for a settlement that is the same at every run
	last  time.Time // of its latest line

	verdicts int // Accepted and Failed
	asked    int // those of them that asked PAM: password and keyboard-interactive
	answered int // those of them that refused keyboard-interactive
	pam, kbd int // failures that witnesses saw
	named    bool
	refused  bool // a witness says that credentials were refused
	unknown  bool // a witness says that there is no such user

	user, addr string
}

// see takes in a message that was logged n times.
func (c *connections) see(key connection, at time.Time, m message, n int, emit func(event)) {
	t := c.open[key]
	if t != nil && at.Sub(t.last) >= grace {
		c.finish(key, emit) // another process with the same id
		t = nil
	}
	if t == nil {
		if len(c.open) >= maxConnections {
			c.flush(emit)
		}
		if c.open == nil {
			c.open = make(map[connection]*tries)
		}
		c.order++
		t = &tries{order: c.order}
		c.open[key] = t
	}
	t.last = at
	t.unknown = t.unknown || m.unknown
	switch m.kind {
	case accepted, failed:
		t.verdicts += n
		if m.method == semconv.MethodPassword || m.method == semconv.MethodOTP {
			t.asked += n
		}
		if m.kind == failed && m.method == semconv.MethodOTP {
			t.answered += n
		}
		e := event{time: at, service: c.service, subject: m.user, source: m.addr, method: m.method, count: n}
		e.success = m.kind == accepted
		if !e.success {
			e.reason = semconv.ReasonInvalidCredentials
			if m.unknown {
				e.reason = semconv.ReasonUnknownPrincipal
			}
		}
		emit(e)
		return
	case pamFailed:
		t.pam += min(n*m.more, maxRepeat)
	case kbdFailed:
		t.kbd += n
	case named:
		t.named = true
	case cutOff:
		t.named, t.refused = true, true
	}
	if m.user != "" {
		t.user = clip(m.user)
	}
	t.addr = clip(m.addr)
}

// expire settles the connections that have been silent for the time of grace.
func (c *connections) expire(now time.Time, emit func(event)) {
	if now.Sub(c.swept) < grace {
		return
	}
	c.swept = now
	c.settle(func(t *tries) bool { return now.Sub(t.last) >= grace }, emit)
}

// flush settles all connections.
func (c *connections) flush(emit func(event)) {
	c.settle(func(*tries) bool { return true }, emit)
}

// settle forgets the connections that are done, in the order in which they began, and emits their attempts that had
// no verdict.
func (c *connections) settle(done func(*tries) bool, emit func(event)) {
	inOrder := func(a, b connection) int { return cmp.Compare(c.open[a].order, c.open[b].order) }
	for _, key := range slices.SortedFunc(maps.Keys(c.open), inOrder) {
		if done(c.open[key]) {
			c.finish(key, emit)
		}
	}
}

// finish forgets one connection and emits its attempts that had no verdict.
func (c *connections) finish(key connection, emit func(event)) {
	e := c.open[key].unsettled()
	delete(c.open, key)
	if e.count > 0 {
		e.service = c.service
		emit(e)
	}
}

// unsettled gives the attempts that no verdict told of, as one event with a count that may be 0. What pam_unix refused,
// another module may have accepted, so that an "Accepted" answers for it; "error: PAM" is PAM's last word.
func (t *tries) unsettled() event {
	e := event{time: t.last, subject: t.user, source: t.addr}
	e.count = max(t.pam-t.asked, t.kbd-t.answered)
	if t.named {
		e.count = max(e.count, 1-t.verdicts)
	}
	switch {
	case t.kbd > 0:
		e.method = semconv.MethodOTP
	case t.pam > 0:
		e.method = semconv.MethodPassword
	}
	switch {
	case t.unknown:
		e.reason = semconv.ReasonUnknownPrincipal
	case t.pam > 0 || t.kbd > 0 || t.refused:
		e.reason = semconv.ReasonInvalidCredentials
	}
	return e
}

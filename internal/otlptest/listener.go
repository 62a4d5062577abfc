// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	"context"
	"net"
	"sync"
	"testing"
)

// listener knows its open connections, so that a test can cut them, and can
// leave its port and come back.
type listener struct {
	addr net.Addr

	mu      sync.Mutex
	inner   net.Listener // nil: down
	closed  bool
	changed chan struct{} // closed and replaced when inner or closed change
	open    map[net.Conn]struct{}
}

func listen(tb testing.TB) *listener {
	tb.Helper()
	inner, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen on loopback: %v", err)
	}
	return &listener{addr: inner.Addr(), inner: inner, changed: make(chan struct{}), open: map[net.Conn]struct{}{}}
}

func (l *listener) Addr() net.Addr { return l.addr }

// Accept waits out the time that the listener is down.
func (l *listener) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		inner, closed, changed := l.inner, l.closed, l.changed
		l.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if inner == nil {
			<-changed
			continue
		}
		c, err := inner.Accept()
		l.mu.Lock()
		current := l.inner == inner
		if err == nil && current {
			l.open[c] = struct{}{}
			l.mu.Unlock()
			return &conn{Conn: c, listener: l}, nil
		}
		l.mu.Unlock()
		if err == nil {
			_ = c.Close() // came just before it went down
		} else if current {
			return nil, err
		}
	}
}

func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.replace(nil)
}

// down refuses connections from now on, and cuts those that are open.
func (l *listener) down() {
	l.mu.Lock()
	_ = l.replace(nil)
	l.mu.Unlock()
	l.drop()
}

// up listens at the same port as before.
func (l *listener) up(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inner != nil || l.closed {
		return nil
	}
	inner, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.addr.String())
	if err != nil {
		return err
	}
	return l.replace(inner)
}

// replace puts another listener in place of the one that is there; the caller
// holds the lock.
func (l *listener) replace(inner net.Listener) (err error) {
	if l.inner != nil {
		err = l.inner.Close()
	}
	l.inner = inner
	close(l.changed)
	l.changed = make(chan struct{})
	return err
}

func (l *listener) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.Close()
	}
	clear(l.open)
}

type conn struct {
	net.Conn
	listener *listener
}

func (c *conn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c.Conn)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

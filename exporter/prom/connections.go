// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections is a listener that holds at most so many connections. One that
// comes when all are taken gets the place of the one that has kept us waiting
// longest: for its headers, for its next request, or to take its answer. So
// whoever holds connections open, however many, keeps no scraper out; the
// server's timeouts end what nobody else needs.
type connections struct {
	net.Listener
	max int

	mu   sync.Mutex
	open map[*conn]struct{}
}

type conn struct {
	net.Conn
	owner *connections

	// Guarded by owner.mu.
	working int       // requests that the client waits for, several in HTTP/2
	since   time.Time // when it became the client's turn
}

func limitConnections(l net.Listener, n int) *connections {
	return &connections{Listener: l, max: n, open: map[*conn]struct{}{}}
}

func (l *connections) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.admit(raw); c != nil {
			return c, nil
		}
		_ = raw.Close()
	}
}

// admit returns nil if all that are open are being worked for.
func (l *connections) admit(raw net.Conn) *conn {
	c := &conn{Conn: raw, owner: l, since: time.Now()}
	l.mu.Lock()
	var out *conn
	if len(l.open) >= l.max {
		if out = l.oldest(); out == nil {
			l.mu.Unlock()
			return nil
		}
		delete(l.open, out)
	}
	l.open[c] = struct{}{}
	l.mu.Unlock()
	if out != nil {
		_ = out.Conn.Close()
	}
	return c
}

func (l *connections) oldest() *conn {
	var oldest *conn
	for c := range l.open {
		if c.working == 0 && (oldest == nil || c.since.Before(oldest.since)) {
			oldest = c
		}
	}
	return oldest
}

func (c *conn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.open, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}

// work says that the client waits for us, until the func that it returns says
// that we wait for the client.
func (c *conn) work() (done func()) {
	c.turn(1)
	return sync.OnceFunc(func() { c.turn(-1) })
}

func (c *conn) turn(n int) {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	c.working += n
	c.since = time.Now()
}

type workKey struct{}

// working holds the place of a request's connection until h returns or calls
// [clientsTurn].
func working(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok {
			h.ServeHTTP(w, r)
			return
		}
		done := c.work()
		defer done()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), workKey{}, done)))
	})
}

// clientsTurn says that what is left of a request is for its client to read, and
// limits the time for that. Without a server of ours it does nothing.
func clientsTurn(w http.ResponseWriter, r *http.Request, limit time.Duration) {
	if done, ok := r.Context().Value(workKey{}).(func()); ok {
		done()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
	}
}

type connKey struct{}

// withConn is the server's ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

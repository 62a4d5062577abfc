// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	"net"
	"sync"
)

// listener knows its open connections, so that a test can cut them.
type listener struct {
	net.Listener

	mu   sync.Mutex
	open map[net.Conn]struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return &conn{Conn: c, listener: l}, nil
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

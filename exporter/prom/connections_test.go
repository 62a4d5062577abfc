// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// cutOff waits for the server's end of a connection.
func cutOff(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not cut off: %v", err)
	}
}

func open(e *Exporter) int {
	l := e.server.conns
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// A newcomer takes the place of the one that has kept us waiting longest.
func TestConnectionLimit(t *testing.T) {
	e := newExporter(t, withLimits(func(l *limits) { l.connections = 2 }))
	newProvider(t, e)
	slow := dial(t, e)
	if _, err := io.WriteString(slow, "GET /metrics HTTP/1.1\r\nHost: x\r\nX: "); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the slow one to be accepted", func() bool { return open(e) == 1 })
	first := dial(t, e)
	if got := scrapeOver(t, first); got != http.StatusOK {
		t.Fatalf("first: %d", got)
	}
	second := dial(t, e)
	if got := scrapeOver(t, second); got != http.StatusOK {
		t.Fatalf("second: %d", got)
	}
	cutOff(t, slow)
	if got := scrapeOver(t, first); got != http.StatusOK {
		t.Errorf("first again: %d", got)
	}
	third := dial(t, e)
	if got := scrapeOver(t, third); got != http.StatusOK {
		t.Fatalf("third: %d", got)
	}
	cutOff(t, second) // has been idle for longer than first
	if got := scrapeOver(t, first); got != http.StatusOK {
		t.Errorf("first once more: %d", got)
	}
	if n := open(e); n != 2 {
		t.Errorf("holds %d, want 2", n)
	}
	_ = first.Close()
	_ = third.Close()
	eventually(t, "the places to be free", func() bool { return open(e) == 0 })
}

// A connection that waits for us keeps its place whoever comes.
func TestConnectionLimitSparesScrapes(t *testing.T) {
	e := newExporter(t, withLimits(func(l *limits) { l.connections = 1 }))
	began, release := blocked(t, e)
	scraper := dial(t, e)
	status := make(chan int, 1)
	go func() { status <- scrapeOver(t, scraper) }()
	<-began
	for range 3 {
		cutOff(t, dial(t, e))
	}
	release()
	if got := <-status; got != http.StatusOK {
		t.Errorf("got %d, want 200", got)
	}
}

// Who does not read the answer waits for nobody but itself, and gives its place
// away.
func TestConnectionLimitCutsSlowReaders(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	if err := client.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	l := limitConnections(nil, 1)
	c := l.admit(server)
	done := c.work()
	other, end := net.Pipe()
	defer end.Close()
	defer other.Close()
	if l.admit(other) != nil {
		t.Fatal("the place of a scrape was given away")
	}
	done()
	done() // means nothing
	if l.admit(other) == nil {
		t.Fatal("no place for the newcomer")
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("not cut off: %v", err)
	}
	_ = c.Close() // as net/http does when it notices
	if len(l.open) != 1 {
		t.Errorf("holds %d, want the newcomer", len(l.open))
	}
}

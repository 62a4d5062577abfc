// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scrapePatience is how long anything may take before a test gives up: far longer
// than any limit of the SDK, as the machine may be busy.
const scrapePatience = 2 * time.Minute

// A Crowd is connections of clients that mean no good. They are closed when the
// test ends.
type Crowd struct {
	tb    testing.TB
	conns []net.Conn
}

// connect opens n connections, each of which sends text and no more. What the
// server does not take is no error: it may be what it should do.
func connect(tb testing.TB, address string, n int, text string) *Crowd {
	tb.Helper()
	c := &Crowd{tb: tb}
	tb.Cleanup(c.Close)
	d := net.Dialer{Timeout: scrapePatience}
	for range n {
		conn, err := d.DialContext(tb.Context(), "tcp", address)
		if err != nil {
			tb.Fatal(err)
		}
		c.conns = append(c.conns, conn)
		// A client that reads slowly offers little room.
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		_ = conn.SetDeadline(time.Now().Add(scrapePatience))
		_, _ = io.WriteString(conn, text)
	}
	return c
}

// Slowloris opens n connections that begin a request and never end it.
func Slowloris(tb testing.TB, address string, n int) *Crowd {
	tb.Helper()
	return connect(tb, address, n, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
}

// SlowReaders opens n connections that ask for the metrics, uncompressed, and
// do not read them. It returns when every answer has begun or been refused.
func SlowReaders(tb testing.TB, address string, n int) *Crowd {
	tb.Helper()
	c := connect(tb, address, n, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n\r\n")
	for _, conn := range c.conns {
		_, _ = conn.Read(make([]byte, 16))
	}
	return c
}

// Ended reads what is left of every connection and returns how many the server
// has ended by then; it waits for each at most as long as told.
func (c *Crowd) Ended(wait time.Duration) (n int) {
	c.tb.Helper()
	deadline := time.Now().Add(wait)
	for _, conn := range c.conns {
		_ = conn.SetReadDeadline(deadline)
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, os.ErrDeadlineExceeded) {
			n++
		}
	}
	return n
}

// Close closes the connections.
func (c *Crowd) Close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// Ask sends a request as it is and returns the status, 0 if there is none.
func Ask(tb testing.TB, address, request string) int {
	tb.Helper()
	c := connect(tb, address, 1, request)
	defer c.Close()
	resp, err := http.ReadResponse(bufio.NewReader(c.conns[0]), nil)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// HugeHeader asks for the metrics with an Accept header of so many bytes.
func HugeHeader(tb testing.TB, address string, size int) int {
	tb.Helper()
	return Ask(tb, address, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: "+strings.Repeat("a", size)+"\r\n\r\n")
}

// Scraped is what one scrape got.
type Scraped struct {
	Status int
	Body   string // up to a limit; Size has all
	Size   int
	Took   time.Duration
	Err    error
}

// Scrape reads a URL once, over a connection of its own.
func Scrape(tb testing.TB, url string, change ...func(*http.Request)) (s Scraped) {
	tb.Helper()
	began := time.Now()
	client := &http.Client{Timeout: scrapePatience, Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		tb.Error(err)
		return Scraped{Err: err}
	}
	for _, f := range change {
		f(req)
	}
	resp, err := client.Do(req)
	if err != nil {
		return Scraped{Err: err}
	}
	defer resp.Body.Close()
	var head strings.Builder
	rest := resp.Body
	_, s.Err = io.Copy(&head, io.LimitReader(rest, 64<<10))
	n, err := io.Copy(io.Discard, rest)
	s.Err = errors.Join(s.Err, err)
	s.Status, s.Body, s.Size, s.Took = resp.StatusCode, head.String(), head.Len()+int(n), time.Since(began)
	return s
}

// AtOnce scrapes n times at once.
func AtOnce(tb testing.TB, url string, n int) []Scraped {
	tb.Helper()
	all := make([]Scraped, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { all[i] = Scrape(tb, url) })
	}
	wg.Wait()
	return all
}

// Statuses says how often each status came, such as "200: 10, 503: 40".
func Statuses(all []Scraped) string {
	n := map[int]int{}
	for _, s := range all {
		n[s.Status]++
	}
	var parts []string
	for status, count := range n {
		parts = append(parts, fmt.Sprintf("%d: %d", status, count))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// Slowest returns the longest of them.
func Slowest(all []Scraped) (d time.Duration) {
	for _, s := range all {
		d = max(d, s.Took)
	}
	return d
}

// Serving returns how many connections the HTTP servers of this process hold.
func Serving() int { return Running("\nnet/http.(*conn).serve(") }

// Running returns how many goroutines have the text in their stack.
func Running(text string) (n int) {
	buf := make([]byte, 1<<24)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, text) {
			n++
		}
	}
	return n
}

// Peak returns how many bytes more than before the heap had at most while f ran,
// garbage included.
func Peak(f func()) int64 {
	before := Heap()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	stop, result := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = max(most, int64(sample[0].Value.Uint64()))
			select {
			case <-tick.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	f()
	close(stop)
	return max(0, <-result-before)
}

// Settled returns what is reachable on the heap once that no longer changes.
func Settled() int64 {
	last := Heap()
	for deadline := time.Now().Add(scrapePatience); time.Now().Before(deadline); {
		time.Sleep(200 * time.Millisecond)
		now := Heap()
		if diff := now - last; -1<<18 < diff && diff < 1<<18 {
			return now
		}
		last = now
	}
	return last
}

// Within polls until ok and tells whether that came in time.
func Within(wait time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(wait); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

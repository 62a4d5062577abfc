// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter/prom"
)

// 50 scrapers while a collection runs: it serves as many as may wait, and the
// others are told to come later.
func TestScrapeSharedCollection(t *testing.T) {
	const scrapers = 50
	e := ourEndpoint(t)
	e.count(t, 100)
	gate := make(chan struct{})
	collections := e.onCollect(t, func() error { <-gate; return nil })
	results := make(chan Scraped, scrapers)
	for range scrapers {
		go func() { results <- Scrape(t, e.url) }()
	}
	var all []Scraped
	for range scrapers - prom.DefaultMaxRequests {
		all = append(all, <-results)
	}
	close(gate)
	for range prom.DefaultMaxRequests {
		all = append(all, <-results)
	}
	if got := Statuses(all); got != "200: 10, 503: 40" {
		t.Errorf("statuses: got %s", got)
	}
	if n := collections.Load(); n != 1 {
		t.Errorf("collections: got %d, want 1", n)
	}
}

// 50 scrapers at once: whoever gets an answer gets all of it.
func TestScrapeAtOnce(t *testing.T) {
	const scrapers = 50
	series := Size(1_000, 5_000)
	onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
		e.count(t, series)
		collections := e.onCollect(t, func() error { return nil })
		size := Scrape(t, e.url).Size
		collections.Store(0)
		var all []Scraped
		peak := Peak(func() { all = AtOnce(t, e.url, scrapers) })
		t.Logf("%d scrapers at once, %d series: %s; slowest %s; %d collections; peak heap +%s",
			scrapers, series, Statuses(all), rounded(Slowest(all)), collections.Load(), mebibytes(peak))
		if !e.mine() {
			return
		}
		good := 0
		for _, s := range all {
			switch {
			case s.Err != nil:
				t.Error(s.Err)
			case s.Status == http.StatusOK:
				good++
				if s.Size < size-8 || s.Size > size+8 { // shop.collections has more or fewer digits
					t.Errorf("got %d bytes, want %d", s.Size, size)
				}
			case s.Status != http.StatusServiceUnavailable:
				t.Errorf("got %d", s.Status)
			}
		}
		if good == 0 || collections.Load() > int64(good) {
			t.Errorf("%d collections for %d scrapes", collections.Load(), good)
		}
		if limit := int64(100 << 20); peak > limit {
			t.Errorf("peak heap: +%s, at most %s", mebibytes(peak), mebibytes(limit))
		}
	})
}

// Who does not read what was asked for holds little memory, for a short time,
// and keeps nobody else out.
func TestScrapeSlowReaders(t *testing.T) {
	// In both the answer is larger than what the system's buffers hold.
	series, pad := Size(1_000, 100_000), Size(4_000, 64)
	onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
		e.countPadded(t, series, pad)
		e.onCollect(t, func() error { return nil })
		first := Scrape(t, e.url, func(r *http.Request) { r.Header.Set("Accept-Encoding", "identity") })
		before := Settled()
		for _, n := range []int{20, Size(150, 200)} {
			crowd := SlowReaders(t, e.address, n)
			pinned, held := Settled()-before, Serving()
			if n == 20 || e.mine() {
				t.Logf("%d slow readers, %d series, %s an answer: +%s pinned, %d connections held", n, series, mebibytes(int64(first.Size)), mebibytes(pinned), held)
			}
			if e.mine() {
				if limit := int64(64 << 20); pinned > limit {
					t.Errorf("pinned: +%s, at most %s", mebibytes(pinned), mebibytes(limit))
				}
				if held > 128 {
					t.Errorf("%d connections held", held)
				}
				if s := Scrape(t, e.url); s.Status != http.StatusOK || s.Err != nil {
					t.Errorf("a scraper among them: got %d, %v", s.Status, s.Err)
				}
			}
			if Long() {
				began := time.Now()
				ended := Within(15*time.Second, func() bool { return Serving() == 0 })
				t.Logf("%d slow readers: all cut off %v after %s, %d still held", n, ended, rounded(time.Since(began)), Serving())
				if e.mine() && !ended {
					t.Errorf("%d still held", Serving())
				}
			}
			crowd.Close()
			if !e.mine() {
				return // once is enough
			}
		}
	})
}

// Connections that never end their headers are bounded, end soon, and keep
// nobody out.
func TestScrapeSlowloris(t *testing.T) {
	n := Size(300, 2_000)
	onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
		e.count(t, 100)
		before := Settled()
		crowd := Slowloris(t, e.address, n)
		// The next connection is accepted after these.
		s := Scrape(t, e.url)
		held, heap := Serving(), Heap()-before
		t.Logf("%d slowloris connections: %d held, heap +%s; a scraper among them: %d after %s", n, held, mebibytes(heap), s.Status, rounded(s.Took))
		if e.mine() {
			if s.Status != http.StatusOK || s.Err != nil {
				t.Errorf("a scraper among them: got %d, %v", s.Status, s.Err)
			}
			if held > 128 {
				t.Errorf("%d connections held, at most 128", held)
			}
		}
		if !Long() {
			return
		}
		began := time.Now()
		ended := crowd.Ended(12 * time.Second)
		t.Logf("%d slowloris connections: %d ended by the server within %s", n, ended, rounded(time.Since(began)))
		if e.mine() && ended != n {
			t.Errorf("%d are left", n-ended)
		}
	})
}

// Requests that no scraper sends.
func TestScrapeStrangeRequests(t *testing.T) {
	onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
		e.count(t, 10)
		for _, c := range []struct {
			name string
			ask  func() int
			want int
		}{
			{"1 MB Accept header", func() int { return HugeHeader(t, e.address, 1_000_000) }, 431},
			{"12 KiB Accept header", func() int { return HugeHeader(t, e.address, 12<<10) }, 200},
			{"POST", func() int {
				return Ask(t, e.address, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
			}, 405},
			{"a web page's Host", func() int { return Ask(t, e.address, "GET /metrics HTTP/1.1\r\nHost: evil.example:9464\r\n\r\n") }, 421},
			{"no Host", func() int { return Ask(t, e.address, "GET /metrics HTTP/1.1\r\n\r\n") }, 400},
		} {
			got := c.ask()
			t.Logf("%s: %d", c.name, got)
			if e.mine() && got != c.want {
				t.Errorf("%s: got %d, want %d", c.name, got, c.want)
			}
		}
	})
}

// An observable that fails says nothing to scrapers about the process.
func TestScrapeFaultyCallbacks(t *testing.T) {
	const canary = "s3cret"
	for name, f := range map[string]func() error{
		"panics": func() error { panic(canary) },
		"fails":  func() error { return errCanary },
	} {
		t.Run(name, func(t *testing.T) {
			onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
				e.count(t, 10)
				e.onCollect(t, f)
				s := Scrape(t, e.url)
				others := strings.Contains(s.Body, "shop_events_0_total{")
				leaks := strings.Contains(s.Body, canary) || strings.Contains(s.Body, "goroutine ")
				t.Logf("a callback %s: %d, the others are there: %v, the body tells of the process: %v", name, s.Status, others, leaks)
				if e.mine() && leaks {
					t.Errorf("body: %q", s.Body)
				}
			})
		})
	}
}

// A callback that never returns costs its scrapers 8 s each and the shutdown its
// deadline, but neither hangs.
func TestScrapeHungCallback(t *testing.T) {
	if !Long() {
		t.Skip("takes 8 s")
	}
	onEndpoints(t, func(t *testing.T, e scrapeEndpoint) {
		gate := make(chan struct{})
		t.Cleanup(func() { close(gate) })
		collections := e.onCollect(t, func() error { <-gate; return nil })
		limited := func(url string) Scraped {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			return Scrape(t, url, func(r *http.Request) { *r = *r.WithContext(ctx) })
		}
		results := make(chan Scraped, 3)
		began := time.Now()
		for range 3 {
			go func() { results <- limited(e.url) }()
		}
		var all []Scraped
		for range 3 {
			all = append(all, <-results)
		}
		t.Logf("a callback hangs: scrapers get %s after %s (0: nothing), %d collections wait", Statuses(all), rounded(time.Since(began)), collections.Load())
		if e.mine() && (Statuses(all) != "500: 3" || collections.Load() != 1) {
			t.Errorf("got %s, %d collections", Statuses(all), collections.Load())
		}
	})
}

type canaryError struct{}

func (canaryError) Error() string { return "s3cret" }

var errCanary = canaryError{}

// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

func TestPaths(t *testing.T) {
	e := newExporter(t)
	newProvider(t, e)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/metrics", 200, "target_info"},
		{"HEAD", "/metrics", 200, ""},
		{"GET", "/", 200, `<a href="/metrics">`},
		{"HEAD", "/", 200, ""},
		{"GET", "/debug/pprof/", 404, ""},
		{"GET", "/metrics/", 404, ""},
		{"POST", "/metrics", 405, ""},
		{"PUT", "/", 405, ""},
		{"DELETE", "/nothing", 405, ""},
		{"OPTIONS", "/metrics", 405, ""},
		{"TRACE", "/metrics", 405, ""},
		{"BREW", "/metrics", 405, ""},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			a := do(t, http.DefaultClient, request(t, c.method, "http://"+e.Addr().String()+c.path))
			if a.status != c.status || !strings.Contains(a.body, c.body) {
				t.Errorf("got %d %q, want %d with %q", a.status, a.body, c.status, c.body)
			}
			if c.status == 405 && a.header.Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow: got %q", a.header.Get("Allow"))
			}
			if c.method == "HEAD" && (a.body != "" || a.header.Get("Content-Length") == "0") {
				t.Errorf("HEAD has a body: %q", a.body)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	e := newExporter(t)
	newProvider(t, e)
	req := request(t, http.MethodGet, "http://"+e.Addr().String()+"/metrics")
	req.Header.Set("Accept-Encoding", "gzip")
	if a := do(t, http.DefaultClient, req); a.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(a.body, "\x1f\x8b") {
		t.Errorf("not compressed: %v", a.header)
	}
}

func TestHandlerWithoutServer(t *testing.T) {
	e, err := New(WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	newProvider(t, e)
	if e.Addr() != nil {
		t.Errorf("Addr: got %v, want nil", e.Addr())
	}
	scrape := func(method string) int {
		w := httptest.NewRecorder()
		e.Handler().ServeHTTP(w, httptest.NewRequest(method, "/anywhere", nil))
		return w.Code
	}
	if got := scrape(http.MethodGet); got != http.StatusOK {
		t.Errorf("GET: got %d", got)
	}
	if got := scrape(http.MethodPost); got != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", got)
	}
	stop(t, e)
	last := e.LastSuccess()
	if got := scrape(http.MethodGet); got != http.StatusServiceUnavailable {
		t.Errorf("GET after shutdown: got %d, want 503", got)
	}
	if !e.LastSuccess().Equal(last) {
		t.Error("a refused scrape counts as a success")
	}
}

func TestLastSuccess(t *testing.T) {
	e := newExporter(t, WithBearerToken("secret"))
	newProvider(t, e)
	if !e.LastSuccess().IsZero() {
		t.Fatalf("before any scrape: got %v, want zero", e.LastSuccess())
	}
	authorized := func(method, path string) int {
		req := request(t, method, "http://"+e.Addr().String()+path)
		req.Header.Set("Authorization", "Bearer secret")
		return do(t, http.DefaultClient, req).status
	}
	get(t, e, "/metrics") // 401
	authorized(http.MethodGet, "/")
	authorized(http.MethodHead, "/metrics")
	authorized(http.MethodPost, "/metrics")
	if !e.LastSuccess().IsZero() {
		t.Errorf("what is no scrape counts as one: %v", e.LastSuccess())
	}
	if n := e.Failures(); n != 0 {
		t.Errorf("what is no scrape counts as a failed one: %d", n)
	}
	before := time.Now()
	if got := authorized(http.MethodGet, "/metrics"); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	eventually(t, "LastSuccess", func() bool { return !e.LastSuccess().Before(before) })
}

func TestHugeHeaderIsRefused(t *testing.T) {
	for _, c := range []struct {
		size, status int
	}{
		{12 << 10, http.StatusOK},
		{24 << 10, http.StatusRequestHeaderFieldsTooLarge},
	} {
		e := newExporter(t)
		newProvider(t, e)
		conn := dial(t, e)
		header := "Accept: " + strings.Repeat("a", c.size) + "\r\n\r\n"
		if _, err := io.WriteString(conn, strings.Replace(rawRequest, "\r\n\r\n", "\r\n"+header, 1)); err != nil {
			t.Fatal(err)
		}
		if got := readStatus(conn); got != c.status {
			t.Errorf("%d bytes: got %d, want %d", c.size, got, c.status)
		}
	}
}

// Whoever keeps the server waiting is cut off, whatever for.
func TestSlowClients(t *testing.T) {
	const soon = 20 * time.Millisecond
	for _, c := range []struct {
		name, send string
		limits     func(*limits)
	}{
		{"headers", "GET /metrics HTTP/1.1\r\nHost: x\r\nX: ", func(l *limits) { l.header = soon }},
		{"no request", "", func(l *limits) { l.header = soon }},
		{"body", "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", func(l *limits) { l.request, l.header = soon, soon }},
		{"next request", rawRequest, func(l *limits) { l.idle = soon }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t, withLimits(c.limits))
			newProvider(t, e)
			conn := dial(t, e)
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			cutOff(t, conn)
		})
	}
}

// So is one that does not read its answer: in time, and before that as soon as
// somebody else needs the place.
func TestSlowReader(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits func(*limits)
		others int
	}{
		{"in time", func(l *limits) { l.answer, l.collect = 100*time.Millisecond, time.Hour }, 0},
		{"for another", func(l *limits) { l.connections = 1 }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t, withLimits(c.limits))
			gauge, err := newProvider(t, e).Meter("example.com/shop").Int64Gauge("shop.gauge")
			if err != nil {
				t.Fatal(err)
			}
			pad := strings.Repeat("p", 1<<19) // more in all than the system's buffers hold
			for i := range 16 {
				gauge.Record(context.Background(), 1, metric.WithAttributes(attribute.Int("i", i), attribute.String("pad", pad)))
			}
			conn := dial(t, e)
			if _, err := io.WriteString(conn, rawRequest); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil) // the headers alone
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			for range c.others {
				other := dial(t, e)
				if got := scrapeOver(t, other); got != http.StatusOK {
					t.Errorf("another scraper: got %d, want 200", got)
				}
				_ = other.Close()
			}
			eventually(t, "the connections to be ended", func() bool { return open(e) == 0 })
			n, err := io.Copy(io.Discard, resp.Body)
			if err == nil || n >= resp.ContentLength {
				t.Errorf("got all of the %d bytes, %v", n, err)
			}
			if c.others == 0 && !e.LastSuccess().IsZero() {
				t.Error("half an answer counts as a success")
			}
		})
	}
}

const rawRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

// dial connects, with a deadline that fails a test that would hang.
func dial(t *testing.T, e *Exporter) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func scrapeOver(t *testing.T, conn net.Conn) int {
	t.Helper()
	if _, err := io.WriteString(conn, rawRequest); err != nil {
		t.Fatal(err)
	}
	return readStatus(conn)
}

func readStatus(conn net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// blocked has a callback that waits for release, and tells when it began.
func blocked(t *testing.T, e *Exporter) (began chan struct{}, release func()) {
	t.Helper()
	began, gate := make(chan struct{}, 100), make(chan struct{})
	_, err := newProvider(t, e).Meter("example.com/shop").Int64ObservableGauge("shop.gauge", metric.WithInt64Callback(
		func(_ context.Context, o metric.Int64Observer) error {
			began <- struct{}{}
			<-gate
			o.Observe(1)
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	return began, release
}

func TestHungCollection(t *testing.T) {
	e := newExporter(t, withLimits(func(l *limits) { l.collect = 20 * time.Millisecond }))
	var got reports
	e.report.handle = got.handle
	began, release := blocked(t, e)
	for range 3 {
		a := get(t, e, "/metrics")
		if a.status != http.StatusInternalServerError || !strings.Contains(a.body, errTimeout.Error()) {
			t.Errorf("got %d %q", a.status, a.body)
		}
	}
	if n := len(began); n != 1 {
		t.Errorf("collections: got %d, want 1 that all wait for", n)
	}
	if all := got.all(); len(all) != 1 || !strings.Contains(all[0], "given up") {
		t.Errorf("reports: got %q, want one", all)
	}
	release()
	eventually(t, "a good scrape", func() bool { return get(t, e, "/metrics").status == http.StatusOK })
}

func TestScrapesShareACollection(t *testing.T) {
	const limit, scrapers = 5, 20
	e := newExporter(t, WithMaxRequests(limit))
	began, release := blocked(t, e)
	statuses := make(chan int, scrapers)
	for range scrapers {
		go func() { statuses <- get(t, e, "/metrics").status }()
	}
	// Those over the limit are answered at once, the others wait for release.
	for range scrapers - limit {
		if got := <-statuses; got != http.StatusServiceUnavailable {
			t.Errorf("over the limit: got %d, want 503", got)
		}
	}
	release()
	for range limit {
		if got := <-statuses; got != http.StatusOK {
			t.Errorf("within the limit: got %d, want 200", got)
		}
	}
	if n := len(began); n != 1 {
		t.Errorf("collections: got %d, want one for all", n)
	}
}

// One scrape after the other sees what was recorded in between.
func TestScrapesAreFresh(t *testing.T) {
	e := newExporter(t)
	counter, err := newProvider(t, e).Meter("example.com/shop").Int64Counter("shop.events")
	if err != nil {
		t.Fatal(err)
	}
	for want := range 20 {
		counter.Add(context.Background(), 1)
		line := fmt.Sprintf("shop_events_total %d", want+1)
		if body := get(t, e, "/metrics").body; !strings.Contains(body, line+"\n") {
			t.Fatalf("%q is not in\n%s", line, body)
		}
	}
}

func TestConcurrentSafe(t *testing.T) {
	e := newExporter(t, WithMaxRequests(100))
	counter, err := newProvider(t, e).Meter("example.com/shop").Int64Counter("shop.events")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, accept := range []string{acceptText, acceptOpenMetrics, acceptProtobuf} {
		for range 3 {
			wg.Go(func() {
				for range 20 {
					counter.Add(context.Background(), 1)
					scrapeAs(t, e, accept, "")
					_, _, _ = e.LastSuccess(), e.String(), e.Addr()
				}
			})
		}
	}
	wg.Wait()
	for range 3 {
		wg.Go(func() { stop(t, e) })
	}
	wg.Wait()
}

// Connections, logins, reloads and a shutdown at once: every answer is one of
// those that are documented.
func TestConcurrentSafeHostile(t *testing.T) {
	f := newFiles(t)
	users := usersPart(t, "alice", "s3cret")
	e := newExporter(t, WithWebConfigFile(f.web(users)), WithMaxRequests(2), withLimits(func(l *limits) { l.connections = 6 }))
	e.report.handle = func(error) {}
	newProvider(t, e)
	addr := e.Addr().String()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := range 10 {
				req, err := http.NewRequest("GET", "http://"+addr+"/metrics", http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				req.SetBasicAuth([]string{"alice", "mallory"}[i%2], "s3cret")
				resp, err := client.Do(req)
				if err != nil {
					continue // gave its place away, or came after the end
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				switch resp.StatusCode {
				case 200, 401, 503:
				default:
					t.Errorf("got %d", resp.StatusCode)
				}
				if i == 0 && n == 8 {
					stop(t, e)
				}
			}
		})
	}
	wg.Wait()
}

// net/http takes zero for "no limit".
func TestServerHasEveryLimit(t *testing.T) {
	s := newExporter(t).server.http
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout, "WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if most := 10 * time.Second; d <= 0 || d > most && (name != "WriteTimeout" || d > 2*most) {
			t.Errorf("%s: got %v", name, d)
		}
	}
	if s.MaxHeaderBytes != 16<<10 {
		t.Errorf("MaxHeaderBytes: got %d", s.MaxHeaderBytes)
	}
}

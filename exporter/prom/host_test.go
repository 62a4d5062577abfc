// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestOwnHost(t *testing.T) {
	for _, c := range []struct {
		header string
		names  []string
		want   bool
	}{
		// What scrapers, curl, port forwards and proxies send.
		{"127.0.0.1:9464", nil, true},
		{"127.0.0.2", nil, true},
		{"[::1]:9464", nil, true},
		{"[::1]", nil, true},
		{"localhost:9464", nil, true},
		{"LOCALHOST.", nil, true},
		{"shop.localhost:9464", nil, true},
		{"10.1.2.3:8443", nil, true}, // by a proxy that keeps the header
		{"[fe80::1%25eth0]:9464", nil, true},
		{"shop:9464", nil, true},
		{"host.docker.internal:9464", nil, true},
		{"shop.default.svc.cluster.local:8443", nil, true},
		{"", nil, true}, // HTTP/1.0
		// What a page's own name looks like.
		{"evil.example:9464", nil, false},
		{"evil.example", nil, false},
		{"127.0.0.1.evil.example:9464", nil, false},
		{"localhost.evil.example", nil, false},
		{"evil.example.", nil, false},
		{"evil-localhost.com:9464", nil, false},
		{"internal.evil.com", nil, false},
		// Declared.
		{"metrics.example.com:80", []string{"other.example.com", "Metrics.Example.com"}, true},
		{"metrics.example.com", []string{"metrics.example.com."}, true},
		{"x.metrics.example.com", []string{"metrics.example.com"}, false},
	} {
		if got := ownHost(c.header, c.names); got != c.want {
			t.Errorf("%q with %q: got %v, want %v", c.header, c.names, got, c.want)
		}
	}
}

func TestStrangersNames(t *testing.T) {
	f := newFiles(t)
	users := WithWebConfigFile(f.write("users.yml", usersPart(t, "alice", "x"), 0o600))
	for _, c := range []struct {
		name   string
		opts   []Option
		status int
	}{
		{"loopback", nil, 421},
		{"localhost", []Option{WithAddress("localhost:0")}, 421},
		{"another name", []Option{WithHostNames("metrics.example.com")}, 421},
		{"declared", []Option{WithHostNames("a.example", "rebound.example")}, 200},
		{"declared one by one", []Option{WithHostNames("rebound.example"), WithHostNames("a.example")}, 200},
		{"off loopback", []Option{WithAddress("0.0.0.0:0"), WithInsecureAddress()}, 200},
		// A page does not know these.
		{"token", []Option{WithBearerToken("x")}, 401},
		{"users", []Option{users}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t, c.opts...)
			var got reports
			e.report.handle = got.handle
			newProvider(t, e)
			_, port, _ := net.SplitHostPort(e.Addr().String())
			for _, path := range []string{"/metrics", "/", "/nothing"} {
				req := request(t, "GET", "http://127.0.0.1:"+port+path)
				req.Host = "rebound.example:" + port
				a := do(t, http.DefaultClient, req)
				if want := c.status; a.status != want && (path != "/nothing" || want != 200) {
					t.Errorf("%s: got %d, want %d", path, a.status, want)
				}
				if a.status == 421 && a.body != "not known by this name\n" {
					t.Errorf("body: %q", a.body)
				}
			}
			all := got.all()
			if want := c.status == 421; len(all) == 1 != want {
				t.Errorf("reports: got %q, want one: %v", all, want)
			}
			if strings.Contains(strings.Join(all, ""), "rebound") {
				t.Errorf("the name is in %q", all)
			}
		})
	}
}

// The name that the program itself listens under is its own.
func TestConfiguredName(t *testing.T) {
	c := newConfig()
	c.address = "shop.example.com:0"
	for host, want := range map[string]int{"shop.example.com": 200, "other.example.com": 421} {
		h := c.guardHost(webSettings{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}, newReporter(0),
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }))
		w, r := answerOf(h, host)
		if w != want {
			t.Errorf("%s: got %d, want %d", r.Host, w, want)
		}
	}
}

// HTTP/1.0 knows no Host, and no browser speaks it.
func TestWithoutHost(t *testing.T) {
	e := newExporter(t)
	newProvider(t, e)
	conn := dial(t, e)
	if _, err := io.WriteString(conn, "GET /metrics HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := readStatus(conn); got != 200 {
		t.Errorf("got %d", got)
	}
}

func TestWrongHostNames(t *testing.T) {
	for _, name := range []string{"", "a b", "http://x", "x:80", "*.example.com", "x\n"} {
		e, err := New(WithAddress("127.0.0.1:0"), WithHostNames("fine.example", name))
		wantErrors(t, e, err, "WithHostNames", "not a host name")
	}
	e, err := New(WithoutServer(), WithHostNames("x"))
	wantErrors(t, e, err, "WithHostNames", "WithoutServer")
}

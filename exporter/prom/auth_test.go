// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestBearerToken(t *testing.T) {
	e := newExporter(t, WithBearerToken("s3cret"))
	newProvider(t, e)
	for _, c := range []struct {
		name, header string
		status       int
	}{
		{"right", "Bearer s3cret", 200},
		{"scheme in lower case", "bearer s3cret", 200},
		{"none", "", 401},
		{"wrong", "Bearer s3creT", 401},
		{"prefix", "Bearer s3cre", 401},
		{"longer", "Bearer s3cret1", 401},
		{"empty", "Bearer ", 401},
		{"no scheme", "s3cret", 401},
		{"basic", "Basic s3cret", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/metrics", "/"} {
				req := request(t, http.MethodGet, "http://"+e.Addr().String()+path)
				if c.header != "" {
					req.Header.Set("Authorization", c.header)
				}
				a := do(t, http.DefaultClient, req)
				if a.status != c.status {
					t.Errorf("%s: got %d, want %d", path, a.status, c.status)
				}
				if asks := strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer"); asks != (c.status == 401) {
					t.Errorf("%s: WWW-Authenticate %q", path, a.header.Get("WWW-Authenticate"))
				}
			}
		})
	}
	// Whoever is not let in does not learn what there is.
	if a := get(t, e, "/nothing"); a.status != 401 {
		t.Errorf("unknown path: got %d, want 401", a.status)
	}
	if a := do(t, http.DefaultClient, request(t, "POST", "http://"+e.Addr().String()+"/metrics")); a.status != 401 {
		t.Errorf("POST: got %d, want 401", a.status)
	}
}

func TestTLS(t *testing.T) {
	f := newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web(tlsPart)))
	newProvider(t, e)
	url := "https://" + e.Addr().String() + "/metrics"
	if want := "prometheus " + url; e.String() != want {
		t.Errorf("String: got %q, want %q", e.String(), want)
	}
	if a := do(t, f.client(false), request(t, "GET", url)); a.status != 200 || !strings.Contains(a.body, "target_info") {
		t.Errorf("got %d %q", a.status, a.body)
	}
	if a := get(t, e, "/metrics"); a.status != 400 {
		t.Errorf("plain HTTP: got %d, want 400", a.status)
	}
	var d tls.Dialer
	d.Config = &tls.Config{RootCAs: f.pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := d.DialContext(t.Context(), "tcp", e.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestUsers(t *testing.T) {
	f := newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web(tlsPart+usersPart(t, "alice", "s3cret"))))
	newProvider(t, e)
	for _, c := range []struct {
		name, user, password string
		status               int
	}{
		{"right", "alice", "s3cret", 200},
		{"none", "", "", 401},
		{"wrong password", "alice", "secret", 401},
		{"unknown user", "bob", "s3cret", 401},
		{"the toolkit's dummy", "bob", "fakepassword", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request(t, "GET", "https://"+e.Addr().String()+"/metrics")
			if c.user != "" {
				req.SetBasicAuth(c.user, c.password)
			}
			if a := do(t, f.client(false), req); a.status != c.status {
				t.Errorf("got %d, want %d", a.status, c.status)
			}
		})
	}
	if e.LastSuccess().IsZero() {
		t.Error("the good scrape does not count")
	}
}

func TestClientCertificates(t *testing.T) {
	f := newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web(tlsPart+
		"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n")))
	newProvider(t, e)
	url := "https://" + e.Addr().String() + "/metrics"
	if a := do(t, f.client(true), request(t, "GET", url)); a.status != 200 {
		t.Errorf("with a certificate: got %d", a.status)
	}
	if resp, err := f.client(false).Do(request(t, "GET", url)); err == nil {
		_ = resp.Body.Close()
		t.Errorf("without a certificate: got %d", resp.StatusCode)
	}
}

// What New would have refused is refused later too, and lets nobody in.
func TestWebConfigThatBreaks(t *testing.T) {
	good := func(t *testing.T) string { return usersPart(t, "alice", "s3cret") }
	for _, c := range []struct{ name, text, want string }{
		{"no YAML", "basic_auth_users: [", "line 1"},
		{"old TLS", "tls_server_config:\n  min_version: TLS10\n", "line 2: min_version: TLS below 1.2"},
		{"TLS on", tlsPart, "restart"},
		{"unknown key", "basic_auth: {}\n", "line 1: unknown key basic_auth"},
		{"not there", "", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFiles(t)
			path := f.web(good(t))
			e := newExporter(t, WithWebConfigFile(path))
			var got reports
			e.report.handle = got.handle
			newProvider(t, e)
			scrape := func() int {
				req := request(t, "GET", "http://"+e.Addr().String()+"/metrics")
				req.SetBasicAuth("alice", "s3cret")
				return do(t, http.DefaultClient, req).status
			}
			if status := scrape(); status != 200 {
				t.Fatalf("before: got %d", status)
			}
			if c.text == "" {
				_ = os.Remove(path)
			} else {
				f.web(c.text)
			}
			if status := scrape(); status != 500 {
				t.Errorf("broken: got %d, want 500", status)
			}
			if all := got.all(); len(all) != 1 || !strings.Contains(all[0], "nothing is served") || !strings.Contains(all[0], c.want) {
				t.Errorf("reports: got %q, want one with %q", all, c.want)
			}
			f.web(good(t))
			if status := scrape(); status != 200 {
				t.Errorf("repaired: got %d", status)
			}
		})
	}
}

// The connection itself is refused, and nothing that was agreed at first is
// given away by an edit.
func TestTLSWebConfigThatBreaks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opts       []Option
	}{
		{"old TLS", tlsPart + "  min_version: TLS11\n", nil},
		{"TLS off", "{}", nil},
		{"open key", strings.Replace(tlsPart, "key.pem", "open.pem", 1), nil},
		{"users gone, off loopback", tlsPart, []Option{WithAddress("0.0.0.0:0")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFiles(t)
			users := usersPart(t, "alice", "s3cret")
			e := newExporter(t, append(c.opts, WithWebConfigFile(f.web(tlsPart+users)))...)
			e.report.handle = func(error) {}
			newProvider(t, e)
			_, port, _ := net.SplitHostPort(e.Addr().String())
			scrape := func() (int, error) {
				client := f.client(false)
				defer client.CloseIdleConnections()
				req := request(t, "GET", "https://127.0.0.1:"+port+"/metrics")
				req.SetBasicAuth("alice", "s3cret")
				resp, err := client.Do(req)
				if err != nil {
					return 0, err
				}
				return resp.StatusCode, resp.Body.Close()
			}
			if status, err := scrape(); status != 200 || err != nil {
				t.Fatalf("before: got %d, %v", status, err)
			}
			f.web(c.text)
			if status, err := scrape(); err == nil {
				t.Errorf("broken: got %d, want no connection", status)
			}
			f.web(tlsPart + users)
			if status, err := scrape(); status != 200 || err != nil {
				t.Errorf("repaired: got %d, %v", status, err)
			}
		})
	}
}

func TestCertificateIsReplaced(t *testing.T) {
	f, next := newFiles(t), newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web(tlsPart)))
	newProvider(t, e)
	url := "https://" + e.Addr().String() + "/metrics"
	if a := do(t, f.client(false), request(t, "GET", url)); a.status != 200 {
		t.Fatalf("got %d", a.status)
	}
	for _, name := range []string{"cert.pem", "key.pem"} {
		text, err := os.ReadFile(next.path(name))
		if err != nil {
			t.Fatal(err)
		}
		f.write(name, string(text), 0o600)
	}
	if a := do(t, next.client(false), request(t, "GET", url)); a.status != 200 {
		t.Errorf("the new one: got %d", a.status)
	}
}

func TestWebConfigHeadersAndLimit(t *testing.T) {
	f := newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web("http_server_config:\n  headers:\n    X-Frame-Options: deny\nrate_limit: {interval: 1h, burst: 2}\n")))
	newProvider(t, e)
	for i, want := range []int{200, 200, 429, 429} {
		a := get(t, e, "/metrics")
		if a.status != want {
			t.Errorf("scrape %d: got %d, want %d", i, a.status, want)
		}
		if got := a.header.Get("X-Frame-Options"); want == 200 && got != "deny" {
			t.Errorf("X-Frame-Options: got %q", got)
		}
	}
}

// HTTP/2 works, unless the file says no, and a connection cannot ask for much
// at a time.
func TestHTTP2(t *testing.T) {
	for _, c := range []struct {
		text  string
		major int
	}{
		{"", 2},
		{"http_server_config: {http2: false}\n", 1},
	} {
		f := newFiles(t)
		e := newExporter(t, WithWebConfigFile(f.web(tlsPart+c.text)))
		newProvider(t, e)
		client := f.client(false)
		client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
		resp, err := client.Do(request(t, "GET", "https://"+e.Addr().String()+"/metrics"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || resp.ProtoMajor != c.major {
			t.Errorf("%q: got %d by HTTP/%d, want HTTP/%d", c.text, resp.StatusCode, resp.ProtoMajor, c.major)
		}
		if h2 := e.server.http.HTTP2; h2 == nil || h2.MaxConcurrentStreams != 10 {
			t.Errorf("streams of a connection: got %+v, want 10", h2)
		}
	}
}

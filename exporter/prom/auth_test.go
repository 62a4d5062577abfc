// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/tls"
	"net/http"
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

// A web configuration that breaks while the exporter runs lets nobody in.
func TestWebConfigThatBreaks(t *testing.T) {
	f := newFiles(t)
	e := newExporter(t, WithWebConfigFile(f.web(usersPart(t, "alice", "s3cret"))))
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
	f.web("basic_auth_users: [")
	if status := scrape(); status != 500 {
		t.Errorf("broken: got %d, want 500", status)
	}
	if all := got.all(); len(all) != 1 || !strings.Contains(all[0], "configuration") {
		t.Errorf("reports: got %q, want one", all)
	}
	f.web(usersPart(t, "alice", "s3cret"))
	if status := scrape(); status != 200 {
		t.Errorf("repaired: got %d", status)
	}
}

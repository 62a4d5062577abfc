// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/internal/otlptest"
	"golang.org/x/crypto/bcrypt"
)

// webFolder is a folder with a certificate for 127.0.0.1 and its key.
func webFolder(t *testing.T) (dir string, client *tls.Config) {
	t.Helper()
	ca := otlptest.NewCA(t)
	pair := ca.Server(t)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	dir = t.TempDir()
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "open.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "open.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("key.pem", filepath.Join(dir, "link.pem")); err != nil {
		t.Fatal(err)
	}
	return dir, &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS10}
}

func webConfig(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "web.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const scrapeTLS = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"

func bcryptOf(t *testing.T, password string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// Off loopback there is an endpoint only with TLS and authentication, or by an
// explicit word.
func TestScrapeExposure(t *testing.T) {
	dir, _ := webFolder(t)
	both := prom.WithWebConfigFile(webConfig(t, dir, scrapeTLS+"basic_auth_users: {alice: "+bcryptOf(t, "a", 4)+"}\n"))
	for _, c := range []struct {
		name string
		opts []prom.Option
		want bool
	}{
		{"plain", nil, false},
		{"token in the clear", []prom.Option{prom.WithBearerToken("x")}, false},
		{"TLS and users", []prom.Option{both}, true},
		{"told so", []prom.Option{prom.WithInsecureAddress()}, true},
	} {
		exp, err := prom.New(append(c.opts, prom.WithAddress("0.0.0.0:0"))...)
		if started := err == nil; started != c.want {
			t.Errorf("%s: %v, want started: %v", c.name, err, c.want)
		}
		_ = exp.Shutdown(t.Context())
	}
}

// Who has no right word gets none of the metrics, whatever else he has.
func TestScrapeCredentials(t *testing.T) {
	dir, clientTLS := webFolder(t)
	users := prom.WithWebConfigFile(webConfig(t, dir, scrapeTLS+"basic_auth_users: {alice: "+bcryptOf(t, "right", 4)+"}\n"))
	byUsers, byToken := ourEndpoint(t, users), ourEndpoint(t, prom.WithBearerToken("right"))
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	bearer := func(text string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", text) }
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS, DisableKeepAlives: true}}
	for _, c := range []struct {
		name   string
		url    string
		change func(*http.Request)
		want   int
	}{
		{"users: none", "https://" + byUsers.address, func(*http.Request) {}, 401},
		{"users: wrong password", "https://" + byUsers.address, basic("alice", "wrong"), 401},
		{"users: unknown", "https://" + byUsers.address, basic("bob", "right"), 401},
		{"users: token", "https://" + byUsers.address, bearer("Bearer right"), 401},
		{"users: right", "https://" + byUsers.address, basic("alice", "right"), 200},
		{"token: none", "http://" + byToken.address, func(*http.Request) {}, 401},
		{"token: wrong", "http://" + byToken.address, bearer("Bearer wrong"), 401},
		{"token: part", "http://" + byToken.address, bearer("Bearer righ"), 401},
		{"token: user", "http://" + byToken.address, basic("alice", "right"), 401},
		{"token: right", "http://" + byToken.address, bearer("Bearer right"), 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		c.change(req)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: got %d, want %d", c.name, resp.StatusCode, c.want)
		}
	}
}

// What a login costs tells nobody whether the name exists, though the hashes are
// of another cost than 10. The comparisons are counted in exporter/prom; this
// shows the times that they come to.
func TestScrapeUnknownUserTakesAsLong(t *testing.T) {
	if !Long() {
		t.Skip("times, for the long version")
	}
	dir, _ := webFolder(t)
	e := ourEndpoint(t, prom.WithWebConfigFile(webConfig(t, dir, "basic_auth_users: {alice: "+bcryptOf(t, "right", 12)+"}\n")))
	took := map[string][]time.Duration{}
	for range 9 {
		for _, user := range []string{"alice", "bob"} {
			s := Scrape(t, e.url, func(r *http.Request) { r.SetBasicAuth(user, "wrong") })
			if s.Status != http.StatusUnauthorized {
				t.Fatalf("got %d", s.Status)
			}
			took[user] = append(took[user], s.Took)
		}
	}
	median := func(user string) time.Duration {
		slices.Sort(took[user])
		return took[user][len(took[user])/2]
	}
	t.Logf("wrong password at cost 12: known user %s, unknown user %s (medians of 9)", rounded(median("alice")), rounded(median("bob")))
}

func TestScrapeTLSVersions(t *testing.T) {
	dir, clientTLS := webFolder(t)
	e := ourEndpoint(t, prom.WithWebConfigFile(webConfig(t, dir, scrapeTLS)))
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		c := clientTLS.Clone()
		c.MaxVersion = version
		d := tls.Dialer{NetDialer: &net.Dialer{Timeout: scrapePatience}, Config: c}
		conn, err := d.DialContext(t.Context(), "tcp", e.address)
		if got := err == nil; got != want {
			t.Errorf("%s: %v, want accepted: %v", tls.VersionName(version), err, want)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

// A web configuration that is not right to the letter is refused, by its line.
func TestScrapeWebConfig(t *testing.T) {
	dir, _ := webFolder(t)
	for name, text := range map[string]string{
		`has ".." in it`:     "tls_server_config:\n  cert_file: cert.pem\n  key_file: ../" + filepath.Base(dir) + "/key.pem\n",
		"symbolic link":      "tls_server_config:\n  cert_file: cert.pem\n  key_file: link.pem\n",
		"unknown key":        "tls_server_config:\n  cert_file: cert.pem\n  keyfile: key.pem\n",
		"open to everybody":  "tls_server_config:\n  cert_file: cert.pem\n  key_file: open.pem\n",
		"not a bcrypt hash":  "basic_auth_users:\n  # alice\n  alice: s3cret\n",
		"TLS below 1.2":      "tls_server_config: {cert_file: cert.pem, key_file: key.pem,\n\n  min_version: TLS11}\n",
		"at most 14":         "basic_auth_users:\n\n  alice: $2a$31$" + strings.Repeat(".", 53) + "\n",
		"unknown cipher":     "tls_server_config:\n  cert_file: cert.pem\n  cipher_suites: [s3cret]\n",
		"already":            "basic_auth_users:\n\n\nbasic_auth_users: {}\n",
		"not valid YAML":     "basic_auth_users:\n  alice: *s3cret\n",
		"more than one YAML": "basic_auth_users: {}\n---\nbasic_auth_users: {}\n",
	} {
		exp, err := prom.New(prom.WithAddress("127.0.0.1:0"), prom.WithWebConfigFile(webConfig(t, dir, text)))
		if err == nil {
			_ = exp.Shutdown(t.Context())
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: a secret is in %q", name, err)
		}
		want := []string{name, "line 3"}
		switch name {
		case "already":
			want[1] = "line 4"
		case "not valid YAML", "more than one YAML": // as a whole
			want = want[:1]
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %q, want %q in it", name, err, w)
			}
		}
	}
}

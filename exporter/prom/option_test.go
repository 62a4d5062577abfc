// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantErrors checks that err says each of the texts.
func wantErrors(t *testing.T, e *Exporter, err error, texts ...string) {
	t.Helper()
	if err == nil {
		stop(t, e)
		t.Fatalf("no error, want one with %q", texts)
	}
	if e != nil {
		t.Error("an exporter beside the error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, want %q in it", err, text)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	f := newFiles(t)
	users := f.write("users.yml", usersPart(t, "alice", "x"), 0o600)
	for _, c := range []struct {
		name string
		opts []Option
		want []string
	}{
		{"nil", []Option{nil}, []string{"nil option"}},
		{"no port", []Option{WithAddress("127.0.0.1")}, []string{`WithAddress("127.0.0.1")`, "missing port"}},
		{"port too large", []Option{WithAddress("127.0.0.1:65536")}, []string{`WithAddress("127.0.0.1:65536")`, "port number"}},
		{"port by name", []Option{WithAddress("127.0.0.1:http")}, []string{`"http" is not a port number`}},
		{"empty address", []Option{WithAddress("")}, []string{`WithAddress("")`}},
		{"unknown host", []Option{WithAddress("no such host:1")}, []string{`WithAddress("no such host:1")`}},
		{"no requests", []Option{WithMaxRequests(0)}, []string{"WithMaxRequests(0): at least 1"}},
		{"empty token", []Option{WithBearerToken("")}, []string{"WithBearerToken: the token is empty"}},
		{"token with a line break", []Option{WithBearerToken("canary\n")}, []string{"WithBearerToken", "not printable"}},
		{"token and users", []Option{WithBearerToken("x"), WithWebConfigFile(users)}, []string{"WithBearerToken", "basic_auth_users"}},
		{"address without server", []Option{WithoutServer(), WithAddress("127.0.0.1:1")}, []string{"WithAddress", "WithoutServer"}},
		{"web config without server", []Option{WithoutServer(), WithWebConfigFile(users)}, []string{"WithWebConfigFile", "WithoutServer"}},
		{"all at once", []Option{WithMaxRequests(-1), WithBearerToken(""), WithAddress("x"), WithWebConfigFile("")},
			[]string{"WithMaxRequests(-1)", "the token is empty", `WithAddress("x")`, `WithWebConfigFile("")`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(c.opts...)
			wantErrors(t, e, err, c.want...)
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the token is in %q", err)
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	first := newExporter(t)
	e, err := New(WithAddress(first.Addr().String()))
	wantErrors(t, e, err, "WithAddress", first.Addr().String(), "in use")
}

func TestAddressesOffLoopback(t *testing.T) {
	f := newFiles(t)
	withTLS := WithWebConfigFile(f.write("tls.yml", tlsPart, 0o600))
	withUsers := WithWebConfigFile(f.write("users.yml", usersPart(t, "alice", "x"), 0o600))
	withBoth := WithWebConfigFile(f.write("both.yml", tlsPart+usersPart(t, "alice", "x"), 0o600))
	withCerts := WithWebConfigFile(f.write("certs.yml", tlsPart+"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n", 0o600))
	askCerts := WithWebConfigFile(f.write("ask.yml", tlsPart+"  client_auth_type: RequestClientCert\n", 0o600))
	token := WithBearerToken("x")
	const noTLS, noAuth = "no TLS", "no authentication"
	for _, c := range []struct {
		name    string
		address string
		opts    []Option
		want    []string // nil if it is allowed
	}{
		{"every interface", ":0", nil, []string{noTLS, noAuth}},
		{"every IPv4 interface", "0.0.0.0:0", nil, []string{noTLS, noAuth}},
		{"every IPv6 interface", "[::]:0", nil, []string{noTLS, noAuth}},
		{"documentation network", "192.0.2.1:0", nil, []string{noTLS, noAuth}},
		{"token in the clear", ":0", []Option{token}, []string{noTLS}},
		{"password in the clear", ":0", []Option{withUsers}, []string{noTLS}},
		{"TLS for everybody", ":0", []Option{withTLS}, []string{noAuth}},
		{"certificates only asked for", ":0", []Option{askCerts}, []string{noAuth}},
		{"TLS and token", ":0", []Option{withTLS, token}, nil},
		{"TLS and users", ":0", []Option{withBoth}, nil},
		{"TLS and certificates", ":0", []Option{withCerts}, nil},
		{"told so", ":0", []Option{WithInsecureAddress()}, nil},
		{"loopback", "127.0.0.1:0", nil, nil},
		{"another loopback", "127.0.0.2:0", nil, nil},
		{"localhost", "localhost:0", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(append(c.opts, WithAddress(c.address))...)
			if c.want != nil {
				wantErrors(t, e, err, append(c.want, c.address, "WithInsecureAddress")...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			stop(t, e)
		})
	}
}

func TestFromEnv(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		opts []Option
		want []string // nil if it starts
	}{
		{"port", map[string]string{envPort: "0"}, nil, nil},
		{"host and port", map[string]string{envHost: "127.0.0.2", envPort: "0"}, nil, nil},
		{"name", map[string]string{envHost: "localhost", envPort: "0"}, nil, nil},
		{"spaces", map[string]string{envHost: " 127.0.0.1 ", envPort: " 0 "}, nil, nil},
		{"option goes over", map[string]string{envHost: "127.0.0.1", envPort: "1"}, []Option{WithAddress("127.0.0.1:0")}, nil},
		{"no effect without server", map[string]string{envPort: "1"}, []Option{WithoutServer()}, nil},
		{"allowed by option", map[string]string{envHost: "0.0.0.0", envPort: "0"}, []Option{WithInsecureAddress()}, nil},
		{"port is a word", map[string]string{envPort: "http"}, nil, []string{envPort + `="http"`}},
		{"port negative", map[string]string{envPort: "-1"}, nil, []string{envPort + `="-1"`}},
		{"port too large", map[string]string{envPort: "65536"}, nil, []string{envPort + `="65536"`}},
		{"port under an option", map[string]string{envPort: "x"}, []Option{WithAddress("127.0.0.1:0")}, []string{envPort + `="x"`}},
		{"host with port", map[string]string{envHost: "127.0.0.1:9464"}, nil, []string{envHost + `="127.0.0.1:9464"`}},
		{"host is a URL", map[string]string{envHost: "http://x"}, nil, []string{envHost + `="http://x"`}},
		{"everything", map[string]string{envHost: "a b", envPort: "x"}, []Option{WithMaxRequests(0)},
			[]string{envHost + `="a b"`, envPort + `="x"`, "WithMaxRequests(0)"}},
		{"off loopback", map[string]string{envHost: "0.0.0.0", envPort: "0"}, nil, []string{envHost, "0.0.0.0", "WithInsecureAddress"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := FromEnv(context.Background(), func(key string) string { return c.env[key] }, c.opts...)
			if c.want != nil {
				wantErrors(t, e, err, c.want...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer stop(t, e)
			if host := strings.TrimSpace(c.env[envHost]); e.Addr() != nil && c.name == "host and port" {
				if got, _, _ := net.SplitHostPort(e.Addr().String()); got != host {
					t.Errorf("listens on %v, want %v", got, host)
				}
			}
		})
	}
}

func TestEnvDefaults(t *testing.T) {
	for _, c := range []struct{ host, port, want string }{
		{"", "", DefaultAddress},
		{"", "80", "127.0.0.1:80"},
		{"::1", "", "[::1]:9464"},
		{"[::1]", "80", "[::1]:80"},
		{"localhost", "80", "localhost:80"},
	} {
		opts, err := envOptions(func(key string) string { return map[string]string{envHost: c.host, envPort: c.port}[key] })
		if err != nil {
			t.Fatal(err)
		}
		got, err := newConfig().with(opts)
		if err != nil || got.address != c.want {
			t.Errorf("%q %q: got %q, %v, want %q", c.host, c.port, got.address, err, c.want)
		}
	}
}

func TestString(t *testing.T) {
	e := newExporter(t)
	if want := "prometheus http://" + e.Addr().String() + "/metrics"; e.String() != want {
		t.Errorf("got %q, want %q", e.String(), want)
	}
	if h := newHandlerOnly(t); !strings.HasPrefix(h.String(), "prometheus (") {
		t.Errorf("got %q", h.String())
	}
}

func newHandlerOnly(t *testing.T) *Exporter {
	t.Helper()
	e, err := New(WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func TestWebConfigErrors(t *testing.T) {
	f := newFiles(t)
	if err := os.Symlink("key.pem", f.path("link.pem")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("web.yml", f.path("link.yml")); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(f.path("key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	inline := "tls_server_config:\n  cert_file: cert.pem\n  key: |\n    " + strings.ReplaceAll(strings.TrimSpace(string(key)), "\n", "\n    ") + "\n"
	const tlsHead = "tls_server_config:\n  cert_file: cert.pem\n  key_file: "
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       []string
		checks     bool // WithoutFileChecks allows it
	}{
		{"not YAML", "a: [", 0o600, []string{"line 1"}, false},
		{"unknown key", tlsPart + "  cart_file: x\n", 0o600, []string{"line 4", "cart_file"}, false},
		{"unknown section", "# users\nbasic_auth: {}\n", 0o600, []string{"line 2", "basic_auth"}, false},
		{"no hash", "basic_auth_users:\n  alice: s3cret\n", 0o600, []string{"line 2", "basic_auth_users", "bcrypt"}, false},
		{"user and password swapped", "basic_auth_users:\n  s3cret: alice\n", 0o600, []string{"line 2", "bcrypt"}, false},
		{"password in the wrong place", "basic_auth_users: s3cret\n", 0o600, []string{"line 1"}, false},
		{"TLS 1.1", tlsPart + "  min_version: TLS11\n", 0o600, []string{"line 4", "min_version"}, false},
		{"no key", "tls_server_config:\n  cert_file: cert.pem\n", 0o600, []string{"key_file"}, false},
		{"no such file", tlsHead + "nothing.pem\n", 0o600, []string{"line 3", "key_file", "nothing.pem"}, false},
		{"wrong file", tlsHead + "cert.pem\n", 0o600, []string{"cert.pem"}, false},
		{"unknown header", "http_server_config:\n  headers:\n    X-Own: 1\n", 0o600, []string{"X-Own"}, false},
		{"dots", tlsHead + "../" + filepath.Base(f.dir) + "/key.pem\n", 0o600, []string{"line 3", "key_file", `has ".." in it`}, true},
		{"cost", "basic_auth_users:\n  alice: $2a$15$" + strings.Repeat(".", 53) + "\n", 0o600, []string{"line 2", "cost 15", "at most 14"}, false},
		{"more than a hash", "basic_auth_users:\n  alice: $2a$10$" + strings.Repeat(".", 54) + "\n", 0o600, []string{"line 2", "bcrypt"}, false},
		{"two documents", "{}\n---\nbasic_auth_users: {}\n", 0o600, []string{"more than one YAML document"}, false},
		{"link", tlsHead + "link.pem\n", 0o600, []string{"line 3", "key_file", "symbolic link"}, true},
		{"open key", tlsHead + "open.pem\n", 0o600, []string{"line 3", "key_file", "open to everybody"}, true},
		{"open inline key", inline, 0o644, []string{"line 3", "key", "open to everybody"}, true},
		{"several", tlsHead + "link.pem\n  min_version: TLS10\nbasic_auth_users: {alice: x}\n", 0o600,
			[]string{"symbolic link", "line 4", "line 5: basic_auth_users"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := f.write("web.yml", c.text, c.mode)
			e, err := New(WithAddress("127.0.0.1:0"), WithWebConfigFile(path))
			wantErrors(t, e, err, append(c.want, "WithWebConfigFile", path)...)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a password is in %q", err)
			}
			if c.checks {
				newExporter(t, WithWebConfigFile(path), WithoutFileChecks())
			}
		})
	}
	f.web(tlsPart)
	for _, c := range []struct{ name, path, want string }{
		{"missing", f.path("nothing.yml"), "no such file"},
		{"folder", f.dir, "not a regular file"},
		{"link", f.path("link.yml"), "symbolic link"},
		{"dots", f.dir + "/../" + filepath.Base(f.dir) + "/web.yml", `has ".." in it`},
	} {
		t.Run("file "+c.name, func(t *testing.T) {
			e, err := New(WithAddress("127.0.0.1:0"), WithWebConfigFile(c.path))
			wantErrors(t, e, err, "WithWebConfigFile", c.path, c.want)
		})
	}
}

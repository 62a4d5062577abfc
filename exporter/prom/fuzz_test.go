// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzWebConfig puts a secret into files of every shape: whatever is wrong with
// them, no error shows it, and what is accepted keeps the promises.
func FuzzWebConfig(f *testing.F) {
	const mark, secret = "SECRET", "s3cret!Kanarienvogel"
	hash := "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
	for _, seed := range []string{
		"",
		"# nothing",
		"basic_auth_users:\n  alice: " + hash + "\n",
		"basic_auth_users:\n  SECRET: " + hash + "\n",
		"basic_auth_users:\n  alice: SECRET\n",
		"basic_auth_users:\n  SECRET: alice\n",
		"basic_auth_users: SECRET\n",
		"basic_auth_users: [SECRET]\n",
		"basic_auth_users: {alice: [SECRET]}\n",
		"basic_auth_users:\n  alice: *SECRET\n",
		"basic_auth_users:\n  alice: x`SECRET\n",
		"basic_auth_users:\n  alice: !!float SECRET\n",
		"basic_auth_users:\n  alice: !SECRET x\n",
		"basic_auth_users:\n  alice: \"SECRET\n",
		"basic_auth_users:\n  SECRET: " + hash + "\n  SECRET: " + hash + "\n",
		"basic_auth_users: &SECRET\n  alice: *SECRET\n",
		"basic_auth_users:\n  ? [SECRET]\n  : x\n",
		"basic_auth_users:\n  ? {SECRET: 1}\n  : x\n",
		"basic_auth_users:\n  alice: " + hash + "\n---\nSECRET: x\n",
		"SECRET: x\n",
		"SECRET",
		"- SECRET\n",
		"tls_server_config: SECRET\n",
		"tls_server_config:\n  SECRET: x\n",
		"tls_server_config:\n  cert_file: SECRET\n  key_file: SECRET\n",
		"tls_server_config:\n  cert: SECRET\n  key: SECRET\n",
		"tls_server_config:\n  cert: |\n    -----BEGIN SECRET-----\n    AAAA\n    -----END SECRET-----\n  key: |\n    -----BEGIN SECRET-----\n    AAAA\n    -----END SECRET-----\n",
		"tls_server_config:\n  cert_file: web.yml\n  key_file: |\n    -----BEGIN PRIVATE KEY-----\n    SECRET\n",
		"tls_server_config:\n  min_version: SECRET\n",
		"tls_server_config:\n  max_version: TLS10\n  cert_file: ../x\n",
		"tls_server_config:\n  cipher_suites: [SECRET]\n  curve_preferences: [SECRET]\n",
		"tls_server_config:\n  client_auth_type: SECRET\n  client_ca_file: SECRET\n",
		"http_server_config:\n  headers:\n    SECRET: x\n",
		"http_server_config:\n  headers:\n    X-Frame-Options: SECRET\n",
		"http_server_config:\n  http2: SECRET\n",
		"rate_limit:\n  interval: SECRET\n  burst: SECRET\n",
		"a: &a [*a]\n", "a: &a {<<: *a}\n", "%SECRET\n---\n", "\xff\xfe", "\t- x", "{", "!!binary SECRET",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, template string) {
		path := filepath.Join(dir, "web.yml")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(template, mark, secret)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, checks := range []bool{true, false} {
			file, err := loadWebConfig(path, checks)
			switch {
			case err == nil && file == nil:
				t.Error("neither a configuration nor an error")
			case err != nil && file != nil:
				t.Error("both a configuration and an error")
			case err != nil:
				if text := err.Error(); strings.Contains(text, "Kanarien") || strings.Contains(text, "s3cret") {
					t.Errorf("the secret is in %q", text)
				}
			default:
				for _, hash := range file.users {
					if !strings.HasPrefix(hash, "$2") || len(hash) != 60 {
						t.Errorf("a user without a hash: %q", hash)
					}
				}
				if file.tls != nil && file.tls.MinVersion < 0x0303 {
					t.Errorf("TLS %x", file.tls.MinVersion)
				}
			}
		}
	})
}

// FuzzBearer finds no Authorization header but the right one that is let
// through.
func FuzzBearer(f *testing.F) {
	const token = "s3cret"
	for _, seed := range []string{
		"", "Bearer s3cret", "bearer s3cret", "BEARER   s3cret", "Bearer", "Bearer ", "Bearer  ", "Bearer s3cret ", "Bearer s3cret,", "Bearers3cret",
		"Bearer s3cre", "Bearer s3crett", "Bearer S3CRET", "Basic s3cret", " s3cret", "s3cret", "Bearer\ts3cret", "Bearer s3cret\x00", "Bearer s3cret, Bearer x", "\xff",
	} {
		f.Add(seed)
	}
	served := 0
	h := bearer(sha256.Sum256([]byte(token)), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { served++ }))
	f.Fuzz(func(t *testing.T, header string) {
		served = 0
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		h.ServeHTTP(w, r)
		scheme, rest, _ := strings.Cut(header, " ")
		want := len(scheme) == len("Bearer") && strings.EqualFold(scheme, "bearer") && strings.Trim(rest, " ") == token && strings.HasSuffix(rest, token)
		if got := served == 1; got != want {
			t.Errorf("%q: let through: %v, want %v", header, got, want)
		}
		if !want && (w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), token)) {
			t.Errorf("%q: got %d %q", header, w.Code, w.Body)
		}
	})
}

// FuzzOwnHost finds no name of a page's own that is let through, whatever is
// put around it.
func FuzzOwnHost(f *testing.F) {
	for _, seed := range []string{"", "a", "127.0.0.1.", "[::1].", "localhost.", "x@", "a:80@", "localhost:80.", "[", "xn--", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, prefix string) {
		for _, port := range []string{"", ":80"} {
			if host := prefix + ".evil.example" + port; ownHost(host, nil) {
				t.Errorf("%q is taken for ours", host)
			}
		}
	})
}

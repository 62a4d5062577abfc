// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func realRegistry(t *testing.T) (root string, reg *registry) {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	reg, err = readRegistry(os.DirFS(filepath.Join(root, "semconv", "registry")))
	if err != nil {
		t.Fatal(err)
	}
	return root, reg
}

// The files of the repository are what the registry says. When this fails, run
// go generate ./semconv.
func TestFilesAreCurrent(t *testing.T) {
	root, _ := realRegistry(t)
	if err := run(root, true); err != nil {
		t.Error(err)
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	root, reg := realRegistry(t)
	first, err := render(root, reg)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, reg := realRegistry(t)
		next, err := render(root, reg)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(first, next, bytes.Equal) {
			t.Fatal("two runs differ")
		}
	}
}

func TestPrometheusNames(t *testing.T) {
	_, reg := realRegistry(t)
	got := map[string]string{}
	for _, m := range reg.Metrics {
		name, err := prometheusName(m)
		if err != nil {
			t.Error(err)
		}
		got[m.Name] = name
	}
	for name, want := range map[string]string{
		"auth.authentication.attempts":         "auth_authentication_attempts_total",
		"auth.authentication.duration":         "auth_authentication_duration_seconds",
		"auth.session.active":                  "auth_session_active",
		"auth.service.active":                  "auth_service_active",
		"auth.service.status":                  "auth_service_status_ratio",
		"auth.rate_limit.usage":                "auth_rate_limit_usage",
		"auth.keyset.last_success.timestamp":   "auth_keyset_last_success_timestamp_seconds",
		"auth.credential.expiration.timestamp": "auth_credential_expiration_timestamp_seconds",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// newModule returns the root of a module that has the small registry and, if
// not empty, a README with the given text.
func newModule(t *testing.T, readme string) string {
	t.Helper()
	root := t.TempDir()
	put(t, root, "go.mod", "module example.com/m\n")
	for name, f := range smallRegistry() {
		put(t, root, "semconv/registry/"+name, string(f.Data))
	}
	if readme != "" {
		put(t, root, "README.md", readme)
	}
	return root
}

func put(t *testing.T, root, path, content string) {
	t.Helper()
	name := filepath.Join(root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRunWritesOnceAndChecks(t *testing.T) {
	root := newModule(t, "")
	if err := run(root, true); err == nil {
		t.Error("-check finds nothing before the first run")
	}
	if _, err := os.Stat(filepath.Join(root, "semconv", "attribute.go")); err == nil {
		t.Error("-check wrote a file")
	}
	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err != nil {
		t.Errorf("-check after a run: %v", err)
	}
}

func TestCheckNamesTheFiles(t *testing.T) {
	root := newModule(t, "")
	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	put(t, root, "semconv/enum_login.go", "package semconv\n")
	put(t, root, "semconv/authconv/gone.go", "// x\n\n// "+header+"\n\npackage authconv\n")
	put(t, root, "semconv/mine.go", "package semconv\n")

	wantError(t, run(root, true),
		"semconv/enum_login.go: differs from the registry",
		"semconv/authconv/gone.go: no longer in the registry", "go generate ./semconv")

	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err != nil {
		t.Errorf("-check after a run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "semconv", "mine.go")); err != nil {
		t.Errorf("a file written by hand is gone: %v", err)
	}
}

func TestReadme(t *testing.T) {
	for _, tt := range []struct{ name, before, head, tail string }{
		{"marks", "# M\n" + beginMark + "\nold\n" + endMark + "\nrest\n", "# M\n" + beginMark + "\n", endMark + "\nrest\n"},
		{"no marks", "# M\n", "# M\n", "# M\n"},
		{"no end", "# M\n" + beginMark + "\nold\n", "# M\n" + beginMark + "\nold\n", "old\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newModule(t, tt.before)
			for range 2 {
				if err := run(root, false); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(filepath.Join(root, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(got, []byte(tt.head)) || !bytes.HasSuffix(got, []byte(tt.tail)) {
				t.Errorf("around the table the file changed:\n%s", got)
			}
			if has := bytes.Contains(got, []byte("`auth_login_attempts_total`")); has != (tt.name == "marks") {
				t.Errorf("table is there: %t\n%s", has, got)
			}
			if tt.name == "marks" && bytes.Contains(got, []byte("old")) {
				t.Errorf("the old table is still there:\n%s", got)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for id, want := range map[string][2]string{
		"auth.mfa.factor":        {"MFAFactor", "mfaFactor"},
		"auth.service.name":      {"ServiceName", "serviceName"},
		"auth.rate_limit.type":   {"RateLimitType", "rateLimitType"},
		"auth.sdk.attribute":     {"SDKAttribute", "sdkAttribute"},
		"error.type":             {"ErrorType", "errorType"},
		"identity":               {"Identity", "identity"},
		"api_key":                {"APIKey", "apiKey"},
		"webauthn":               {"WebAuthn", "webauthn"},
		"conditionally_required": {"ConditionallyRequired", "conditionallyRequired"},
	} {
		got := [2]string{camel(id), lowerCamel(camel(id))}
		if got != want {
			t.Errorf("%s gives %q, want %q", id, got, want)
		}
	}
}

func TestAreasAreFiles(t *testing.T) {
	_, reg := realRegistry(t)
	var names []string
	for _, a := range areas(reg) {
		names = append(names, a.Name)
	}
	want := []string{
		"anomaly", "authentication", "authorization", "cache", "common", "credential", "keyset", "mfa",
		"rate_limit", "sdk", "service", "session", "token",
	}
	if slices.Sort(names); !slices.Equal(names, want) {
		t.Errorf("areas are %q, want %q", names, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestProgram runs the program as it is run by hand, and scrapes it while it shows its table.
func TestProgram(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(run(ctx, []string{"-for", "0"}, w)) }()

	var screen, url, metrics string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		screen += lines.Text() + "\n"
		if found := regexp.MustCompile(`prometheus (http://\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			url = found[1]
		}
		if strings.HasPrefix(lines.Text(), "service ") {
			metrics = scrape(t, url)
			interrupt() // with -for 0 it would go on for ever
		}
	}
	if err := lines.Err(); err != nil { // of run
		t.Fatalf("%v, after\n%s", err, screen)
	}
	for _, want := range []string{
		"\n  a wrong password  *200 the login form\n      provider: auth.authentication.attempts password failure invalid_credentials\n",
		"\norders +auth.token.verifications +access failure expired +2 *\n",
		"\norders +auth.token.verifications +access error connection_refused +1 *\n",
	} {
		if !regexp.MustCompile(want).MatchString(screen) {
			t.Errorf("the screen does not show %q:\n%s", want, screen)
		}
	}
	for _, want := range []string{
		`auth_token_verifications_total\{.*auth_failure_reason="unknown_key".*auth_service_name="stock".*\} 1\n`,
		`auth_authentication_attempts_total\{.*auth_method="oidc".*auth_result="error".*error_type="connection_refused".*\} 1\n`,
	} {
		if !regexp.MustCompile(want).MatchString(metrics) {
			t.Errorf("the metrics do not match %q:\n%s", want, metrics)
		}
	}
	for i, secret := range []string{userName, userPassword, wrongPassword, webID, webSecret, "127.0.0.1", "eyJ"} {
		if strings.Contains(metrics, secret) {
			t.Errorf("secret %d is in the metrics", i)
		}
	}
}

func scrape(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

func TestFlags(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	if err := run(t.Context(), []string{"-h"}, io.Discard); err != nil {
		t.Errorf("-h: %v", err)
	}
	if err := run(t.Context(), []string{"-nonsense"}, io.Discard); err == nil {
		t.Error("-nonsense: no error")
	}
}

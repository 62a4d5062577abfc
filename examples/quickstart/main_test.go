// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen in a few seconds.
const patience = time.Minute

// output is a writer that may be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs the program on free ports until stop is called, which returns what it printed.
func start(t *testing.T, args ...string) (out *output, stop func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &output{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0", "-for", "0"}, args...), out) }()
	var once sync.Once
	stop = func() string {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("run: %v", err)
			}
		})
		return out.String()
	}
	t.Cleanup(func() { stop() })
	return out, stop
}

// await asks again and again until ok answers "", and fails with its last answer when patience ends.
func await(t *testing.T, ok func() (missing string)) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := ok()
		if missing == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("still missing: %s", missing)
		case <-tick.C:
		}
	}
}

var metricsURL = regexp.MustCompile(`prometheus (http://\S+/metrics)`)

func TestQuickstart(t *testing.T) {
	t.Setenv("OTEL_METRICS_EXPORTER", "prometheus")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	out, stop := start(t)

	probe := &screen{}
	await(t, func() string {
		if found := metricsURL.FindStringSubmatch(out.String()); found != nil {
			probe.metrics = found[1]
			return ""
		}
		return "the address of the metrics in " + out.String()
	})

	wanted := []struct {
		metric  string
		labels  []string
		atLeast float64
	}{
		{attempts, []string{`service_name="accounts"`, `method="password"`, `auth_result="success"`}, 1},
		{attempts, []string{`auth_result="failure"`, `reason="invalid_credentials"`}, 1},
		{attempts, []string{`auth_result="failure"`, `reason="unknown_principal"`}, 1},
		{attempts, []string{`auth_result="failure"`, `reason="mfa_required"`}, 1},
		{attempts, []string{`auth_result="none"`}, 1},
		{verifications, []string{`service_name="orders"`, `token_type="access"`, `auth_result="success"`}, 1},
		{verifications, []string{`auth_result="failure"`, `reason="expired"`}, 1},
		{verifications, []string{`auth_result="failure"`, `reason="bad_signature"`}, 1},
		{verifications, []string{`auth_result="failure"`, `reason="audience_mismatch"`}, 1},
		{verifications, []string{`auth_result="failure"`, `reason="malformed"`}, 1},
		{verifications, []string{`auth_result="failure"`, `reason="unknown_key"`}, 1},
		{verifications, []string{`auth_result="none"`}, 1},
		{"auth_authentication_duration_seconds_count", []string{`auth_result="success"`}, 1},
		{"auth_authentication_duration_seconds_bucket", []string{`auth_result="failure"`, `le="+Inf"`}, 1},
		{"auth_token_verification_duration_seconds_count", []string{`auth_result="failure"`}, 1},
		{"auth_authorization_duration_seconds_count", []string{`decision="allow"`}, 1},
		{decisions, []string{`decision="allow"`, `enforcement="enforced"`}, 1},
		{decisions, []string{`decision="deny"`}, 1},
		{"auth_token_operations_total", []string{`operation="issue"`}, 1},
		{sessions, []string{`operation="create"`}, 1},
		{sessions, []string{`operation="end"`}, 1},
		{"auth_session_active", nil, 1},
		{"auth_mfa_challenges_total", []string{`factor="totp"`}, 1},
		{"auth_mfa_attempts_total", []string{`auth_result="success"`}, 1},
		{checks, []string{`type="burst"`, `outcome="limited"`}, 1},
		{checks, []string{`type="burst"`, `outcome="allowed"`}, 1},
		{"auth_rate_limit_usage", []string{`type="burst"`}, 1},
		{"auth_rate_limit_limit", []string{`type="burst"`}, burst},
		{"auth_rate_limit_usage", []string{`type="day"`}, 1},
		{"auth_rate_limit_limit", []string{`type="day"`}, dailyQuota},
		{"auth_service_active", nil, 2},
		{"auth_service_registered", nil, 2},
		{"auth_service_registrations_total", []string{`event="register"`}, 2},
		{"auth_service_status_ratio", []string{`service_name="orders"`, `state="healthy"`}, 1},
		{"auth_credential_rotations_total", []string{`type="signing_key"`, `trigger="scheduled"`}, 1},
		{"auth_credential_expiration_timestamp_seconds", []string{`type="signing_key"`}, 1.7e9},
		{"auth_keyset_refreshes_total", []string{`auth_result="success"`}, 1},
		{"auth_cache_lookups_total", []string{`cache_name="keys"`, `outcome="hit"`}, 1},
		{"auth_cache_lookups_total", []string{`cache_name="keys"`, `outcome="miss"`}, 1},
	}
	await(t, func() string {
		series, err := probe.scrape(t.Context())
		if err != nil {
			return err.Error()
		}
		var missing []string
		for _, w := range wanted {
			if got := series.sum(w.metric, w.labels...); got < w.atLeast {
				missing = append(missing, fmt.Sprintf("%s%v is %v, want %v at least", w.metric, w.labels, got, w.atLeast))
			}
		}
		return strings.Join(missing, "\n\t")
	})

	exposition, err := get(t.Context(), probe.metrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{
		"alice", "bob", "carol", "mallory", // names
		alicePassword, bobPassword, bobSecret, "guess",
		"203.0.113.", "198.51.100.", "127.0.0.1", // addresses
		"eyJ", "Bearer", // how every token begins, and how it is announced
	} {
		if strings.Contains(string(exposition), secret) {
			t.Errorf("the metrics contain %q", secret)
		}
	}

	text := stop()
	table := text[strings.LastIndex(text, "\nrequest "):]
	if strings.Contains(table, "not as expected") {
		t.Errorf("a request was not answered as it should be:\n%s", table)
	}
	sent := map[string]int{}
	for _, r := range rows {
		line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(r.kind) + ` +\d+ +(\d+) +(\d+)  `).FindStringSubmatch(table)
		if line == nil || line[1] != line[2] {
			t.Errorf("%q: what was sent and what was recorded differ, %q in\n%s", r.kind, line, table)
			continue
		}
		sent[r.kind], _ = strconv.Atoi(line[1])
	}
	// Sessions also end by themselves, though not within the seconds that this test takes as a rule.
	var live int
	if found := regexp.MustCompile(`(?m)^(\d+) sessions`).FindStringSubmatch(table); found != nil {
		live, _ = strconv.Atoi(found[1])
	}
	if left := sent["login"] - sent["logout"]; live < 1 || live > left {
		t.Errorf("%d sessions after %d logins and %d logouts", live, sent["login"], sent["logout"])
	}
}

// Without Prometheus there is nothing to read, and the program says so.
func TestQuickstartThatDoesNotServeMetrics(t *testing.T) {
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	out, stop := start(t)
	await(t, func() string {
		if strings.Contains(out.String(), "not read here") {
			return ""
		}
		return "a line about what was sent in " + out.String()
	})
	stop()
}

func TestFlags(t *testing.T) {
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := map[string]struct {
		args []string
		want string // in the error
	}{
		"help":            {args: []string{"-h"}},
		"unknown":         {args: []string{"-nonsense"}, want: "nonsense"},
		"a port in use":   {args: []string{"-addr", taken.Addr().String()}, want: taken.Addr().String()},
		"no such address": {args: []string{"-addr", "127.0.0.1"}, want: "127.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), tt.args, io.Discard)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestEnd(t *testing.T) {
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	if err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-for", "1ms", "-traffic=false"}, io.Discard); err != nil {
		t.Errorf("run with -for 1ms: %v", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/datapunk/otelauth/semconv"
)

// quiet keeps the tests apart from the OTEL_ variables of whoever runs them.
func quiet(t *testing.T) {
	t.Helper()
	for _, name := range []string{"OTEL_METRICS_EXPORTER", "OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"} {
		t.Setenv(name, "")
	}
}

func TestRunExitCodes(t *testing.T) {
	quiet(t)
	log := filepath.Join("testdata", "classic.log")
	binary := write(t, "binary.log", []byte("PK\x03\x04\x00\x00"))
	missing := filepath.Join(t.TempDir(), "missing.log")
	tests := []struct {
		args   []string
		code   int
		stderr string // a part of it
	}{
		{[]string{log}, 0, ""},
		{[]string{write(t, "empty.log", nil)}, 0, ""},
		{[]string{"-h"}, 0, "usage: replay"},
		{[]string{missing}, 1, missing},
		{[]string{log, missing}, 1, missing},
		{[]string{t.TempDir()}, 1, "is a directory"},
		{[]string{binary}, 1, binary + ": not text"},
		{[]string{"-serve", "nonsense", log}, 1, "nonsense"},
		{[]string{}, 2, "no FILE"},
		{[]string{"-", "-"}, 2, "only once"},
		{[]string{"-format", "xml", log}, 2, `"xml"`},
		{[]string{"-year", "99", log}, 2, "99"},
		{[]string{"-services", "0", log}, 2, "-services"},
		{[]string{"-service", "", log}, 2, "-service"},
		{[]string{"-no-such-flag", log}, 2, "no-such-flag"},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), tt.args, strings.NewReader(""), &stdout, &stderr); code != tt.code {
			t.Errorf("%q: exit code %d, want %d: %s", tt.args, code, tt.code, stderr.String())
		}
		if !strings.Contains(stderr.String(), tt.stderr) || tt.code == 0 && tt.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%q: stderr is %q, want %q in it", tt.args, stderr.String(), tt.stderr)
		}
		if tt.code != 0 && stdout.Len() > 0 {
			t.Errorf("%q: a summary of nothing: %s", tt.args, stdout.String())
		}
	}
}

func TestRunSummary(t *testing.T) {
	quiet(t)
	stdin := jsonEvent("10:00:02", "api") +
		"hunter2\n" +
		`{"ts":"2025-10-03T10:00:01Z","service":"api","operation":"login","src":"192.0.2.77","subject":"alice","outcome":"failure","reason":"bad_credentials"}` + "\n" +
		`{"ts":"2025-10-03T10:00:03Z","service":"evil\u001b[2J","operation":"refresh","outcome":"failure","reason":"reused_token"}` + "\n" +
		`{"ts":"2025-10-03T10:00:03Z","service":"late","operation":"logout","outcome":"success"}` + "\n" +
		strings.Repeat("x", maxLine+1) + "\n"
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-services", "2", "-"}, strings.NewReader(stdin), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	got := regexp.MustCompile(" +").ReplaceAllString(stdout.String(), " ")
	want := `service attempts successes failures top reasons
api 2 1 1 invalid_credentials 1
_OTHER 1 1 0 
evil?[2J 1 0 1 replayed 1
total 4 2 2 invalid_credentials 1, replayed 1

from 2025-10-03T10:00:01Z to 2025-10-03T10:00:03Z
6 lines read: 0 about something else, 2 unreadable
standard input: 2 unreadable: line 2: not a JSON object of the expected types; line 6: longer than 1 MiB

service failing sources subjects p50 p95 methods
api 50.0% 1 1 - - password 2
evil?[2J 100.0% 0 0 - - refresh token 1

found: 1 token_replay (high)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// More services than the SDK's own limit on series has room for are all told apart.
func TestRunManyServices(t *testing.T) {
	quiet(t)
	var stdin strings.Builder
	for i := range 500 {
		fmt.Fprintf(&stdin, `{"ts":"2025-10-03T10:00:01Z","service":"s%03d","operation":"login","outcome":"failure","reason":"locked"}`+"\n", i)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-"}, strings.NewReader(stdin.String()), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	for i := range 500 {
		if name := fmt.Sprintf("s%03d ", i); !strings.Contains(stdout.String(), name) {
			t.Fatalf("no row of %s", name)
		}
	}
}

// -serve keeps /metrics open until the context ends; a scrape has what the log has.
func TestRunServe(t *testing.T) {
	quiet(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, stderr := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"-serve", "127.0.0.1:0", filepath.Join("testdata", "classic.log")}, nil, io.Discard, stderr)
		_ = stderr.Close()
	}()
	var url string
	out := bufio.NewScanner(r)
	for out.Scan() && !strings.HasPrefix(out.Text(), "serving") {
		if u, ok := strings.CutPrefix(out.Text(), "prometheus "); ok {
			url = u
		}
	}
	if !strings.HasPrefix(url, "http://127.0.0.1:") || !strings.HasSuffix(url, "/metrics") {
		t.Fatalf("no address to scrape: %q, %q", url, out.Text())
	}
	compare(t, "scrape", scrape(t, url), map[string]int64{
		"sshd success":                     5,
		"sshd failure invalid_credentials": 12,
		"sshd failure unknown_principal":   3,
		"sshd failure _OTHER":              1,
	})
	interrupt()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d after an interrupt while serving", got)
	}
	if resp, err := http.Get(url); err == nil {
		_ = resp.Body.Close()
		t.Error("/metrics is still open")
	}
}

// scrape reads auth_authentication_attempts_total as "service result reason".
func scrape(t *testing.T, url string) map[string]int64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	got := make(map[string]int64)
	label := regexp.MustCompile(`(\w+)="([^"]*)"`)
	for _, m := range regexp.MustCompile(`(?m)^auth_authentication_attempts_total\{(.*)\} (\d+)$`).FindAllStringSubmatch(string(body), -1) {
		labels := make(map[string]string)
		for _, l := range label.FindAllStringSubmatch(m[1], -1) {
			labels[l[1]] = l[2]
		}
		if n, err := strconv.ParseInt(m[2], 10, 64); err != nil || n > 0 {
			got[strings.TrimSpace(labels["auth_service_name"]+" "+labels["auth_result"]+" "+labels["auth_failure_reason"])] += n
		}
	}
	return got
}

// -otlp pushes before the end, and a push that nobody takes is an error.
func TestRunOTLP(t *testing.T) {
	quiet(t)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	pushed := make(chan int64, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { pushed <- pushedAttempts(t, r) }))
	defer server.Close()
	log := filepath.Join("testdata", "classic.log")
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-otlp", server.URL, log}, nil, io.Discard, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	server.Close()
	close(pushed)
	var total int64
	for n := range pushed {
		total = max(total, n)
	}
	if total != 21 {
		t.Errorf("%d attempts were pushed, want 21", total)
	}
	if !strings.Contains(stderr.String(), server.URL) {
		t.Errorf("where the metrics go is not said: %q", stderr.String())
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if code := run(ctx, []string{"-otlp", server.URL, log}, nil, io.Discard, io.Discard); code != 1 {
		t.Errorf("exit code %d of a push to nobody", code)
	}
}

// pushedAttempts adds up auth.authentication.attempts in one push.
func pushedAttempts(t *testing.T, r *http.Request) (n int64) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Error(err)
			return 0
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	var req collector.ExportMetricsServiceRequest
	if err == nil {
		err = proto.Unmarshal(raw, &req)
	}
	if err != nil {
		t.Error(err)
	}
	for _, rm := range req.ResourceMetrics {
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				if m.Name != "auth.authentication.attempts" {
					continue
				}
				for _, p := range m.GetSum().GetDataPoints() {
					n += p.GetAsInt()
				}
			}
		}
	}
	return n
}

// An interrupt ends the reading, and what was read is still summed up.
func TestRunInterrupted(t *testing.T) {
	quiet(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, w := io.Pipe()
	defer func() { _ = r.Close() }()
	go func() {
		_, _ = io.WriteString(w, jsonEvent("10:00:00", "first")+jsonEvent("10:00:01", "second"))
		interrupt()
		_, err := io.WriteString(w, jsonEvent("10:00:02", "third"))
		_ = w.CloseWithError(err)
	}()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"-"}, r, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), errInterrupted.Error()) {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if !strings.Contains(stdout.String(), "total") || strings.Contains(stdout.String(), "third") {
		t.Errorf("the summary of what was read: %s", stdout.String())
	}
}

// What a detector needs is read, and neither recorded nor printed.
func TestRunKeepsPeopleOut(t *testing.T) {
	quiet(t)
	line := `{"ts":"2025-10-03T10:00:01Z","service":"api","operation":"login","src":"192.0.2.77","subject":"alice","outcome":"failure","reason":"alice was here"}` + "\n"
	rm, _ := recordFiles(t, options{files: []string{write(t, "a.jsonl", []byte(line))}, format: formatAuto})
	var stdout, stderr bytes.Buffer
	run(t.Context(), []string{"-"}, strings.NewReader(line+"alice 192.0.2.77\n"), &stdout, &stderr)
	for where, text := range map[string]string{"metrics": fmt.Sprint(rm), "summary": stdout.String(), "stderr": stderr.String()} {
		if strings.Contains(text, "alice") || strings.Contains(text, "192.0.2.77") {
			t.Errorf("a person or an address is in the %s: %s", where, text)
		}
	}
	compare(t, "metrics", counts(rm), map[string]int64{"api failure " + semconv.Other: 1})
}

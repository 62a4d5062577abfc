// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// recordFiles replays files and returns the metrics that were exported.
func recordFiles(t *testing.T, o options) (metricdata.ResourceMetrics, []*source) {
	t.Helper()
	sources, err := openSources(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeSources(sources) })
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))
	rec, err := instrument.New(instrument.WithMeterProvider(provider), instrument.WithServiceLimit(500))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recordAll(t.Context(), rec, nil, sources, &progress{}); err != nil {
		t.Fatal(err)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	return rm, sources
}

// counts reads the counters as "service result reason", and those of token operations as "service operation result".
func counts(rm metricdata.ResourceMetrics) map[string]int64 {
	out := make(map[string]int64)
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				continue
			}
			for _, p := range sum.DataPoints {
				var key []string
				switch m.Name {
				case "auth.authentication.attempts", "auth.token.verifications", "auth.mfa.attempts":
					key = []string{text(p, semconv.ServiceNameKey), text(p, semconv.ResultKey), text(p, semconv.ReasonKey)}
				case "auth.token.operations":
					key = []string{text(p, semconv.ServiceNameKey), text(p, semconv.TokenOperationKey), text(p, semconv.ResultKey)}
				default:
					continue
				}
				if p.Value != 0 {
					out[strings.TrimSpace(strings.Join(key, " "))] += p.Value
				}
			}
		}
	}
	return out
}

// python counts the same files with a script that shares nothing with this package.
func python(t *testing.T, script string, files ...string) map[string]int64 {
	t.Helper()
	exe, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs python3 to count independently: %v", err)
		}
		t.Skipf("no python3 to count independently: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), exe, append([]string{filepath.Join("testdata", script)}, files...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	var got map[string]int64
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func compare(t *testing.T, what string, got, want map[string]int64) {
	t.Helper()
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s: %q is %d, want %d", what, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %q is %d, want none", what, key, got[key])
		}
	}
}

// checkSummary holds the summary to the metrics: the same attempts, and every failure with its reason.
func checkSummary(t *testing.T, rm metricdata.ResourceMetrics) {
	t.Helper()
	got := make(map[string]int64)
	for _, r := range summarize(rm) {
		if r.successes > 0 {
			got[r.service+" success"] = r.successes
		}
		var failures int64
		for reason, n := range r.reasons {
			got[r.service+" failure "+reason] = n
			failures += n
		}
		if r.failures != failures || r.attempts != r.successes+r.failures {
			t.Errorf("the summary of %s does not add up: %+v", r.service, r)
		}
	}
	want := counts(rm)
	maps.DeleteFunc(want, func(key string, _ int64) bool { return strings.Contains(key, " refresh ") })
	compare(t, "summary", got, want)
}

func TestSSHDLogs(t *testing.T) {
	tests := []struct {
		file                       string
		want                       map[string]int64
		lines, skipped, unreadable int
	}{
		{
			"classic.log",
			map[string]int64{
				"sshd success":                     5,
				"sshd failure invalid_credentials": 12,
				"sshd failure unknown_principal":   3,
				"sshd failure _OTHER":              1,
			},
			36, 8, 2,
		},
		{
			"rfc3339.log",
			map[string]int64{
				"sshd success":                     2,
				"sshd failure invalid_credentials": 1,
				"sshd failure unknown_principal":   2,
			},
			9, 1, 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			file := filepath.Join("testdata", tt.file)
			rm, sources := recordFiles(t, options{files: []string{file}, format: formatAuto, service: "sshd", year: 2016})
			got := counts(rm)
			compare(t, "metrics", got, tt.want)
			checkSummary(t, rm)
			if n := sources[0].tally; n.lines != tt.lines || n.skipped != tt.skipped || n.unreadable != tt.unreadable {
				t.Errorf("tally %+v, want %d lines, %d skipped, %d unreadable", n, tt.lines, tt.skipped, tt.unreadable)
			}
			compare(t, "metrics beside python's count", got, python(t, "count_sshd.py", file))
		})
	}
}

// The streams are real logs in JSON lines, kept apart from the code: OTELAUTH_STREAMS names their directory.
func TestStreams(t *testing.T) {
	dir := os.Getenv("OTELAUTH_STREAMS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "auth-streams")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no *.jsonl in %s; OTELAUTH_STREAMS names another directory of streams", dir)
	}
	rm, sources := recordFiles(t, options{files: files, format: formatAuto})
	for _, s := range sources {
		if s.tally.unreadable != 0 || s.tally.lines == 0 {
			t.Errorf("%s: %d of %d lines are unreadable: %v", filepath.Base(s.name), s.tally.unreadable, s.tally.lines, s.tally.first)
		}
	}
	checkSummary(t, rm)
	compare(t, "metrics beside python's count", counts(rm), python(t, "count_jsonl.py", files...))
}

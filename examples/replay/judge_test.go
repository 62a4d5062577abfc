// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/datapunk/otelauth/internal/judge"
)

// find replays files and returns the findings as they were written.
func find(t *testing.T, args ...string) []byte {
	t.Helper()
	quiet(t)
	out := filepath.Join(t.TempDir(), "findings.jsonl")
	var stderr strings.Builder
	if code := run(t.Context(), append([]string{"-findings", out}, args...), nil, io.Discard, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parseLines[T any](t *testing.T, text []byte) []T {
	t.Helper()
	var all []T
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var one T
		if err := dec.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// TestJudge prints how the detector fares on labelled streams, one a file, in the directory that OTELAUTH_STREAMS names:
//
//	OTELAUTH_STREAMS=/path/to/streams go test ./examples/replay -run TestJudge -v
func TestJudge(t *testing.T) {
	dir := os.Getenv("OTELAUTH_STREAMS")
	if dir == "" {
		t.Skip("OTELAUTH_STREAMS names no directory of labelled streams")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.jsonl in %s: %v", dir, err)
	}
	var table, details strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "stream\tepisodes\trecall\texact kind\tevents p50\tp95\tseconds p50\tp95\tfindings\tan episode\tfalse\tbenign")
	recall, exact, streams := 0.0, 0.0, 0.0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := judge.Judge(parseLines[judge.Event](t, text), parseLines[judge.Finding](t, find(t, "-plain", file)))
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%d\t%d\t%.0f\t%.0f\t%d\t%.2f\t%d\t%d\n", name, s.Episodes, s.Recall(), s.ExactKind(),
			judge.Quantile(s.Events, 0.5), judge.Quantile(s.Events, 0.95),
			judge.Quantile(s.Seconds, 0.5), judge.Quantile(s.Seconds, 0.95), s.Findings, s.Noise(), s.False, s.Benign)
		if s.Episodes > 0 {
			recall, exact, streams = recall+s.Recall(), exact+s.ExactKind(), streams+1
		}
		fmt.Fprintf(&details, "%s: missed %q, another kind %q\n", name, s.Missed, s.Inexact)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("mean of streams: recall %.3f, exact kind %.3f\n%s\n%s", recall/max(streams, 1), exact/max(streams, 1), table.String(), details.String())
}

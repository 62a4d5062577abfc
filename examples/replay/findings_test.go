// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/internal/judge"
)

// attackLog is a log with an attack of each sort inside what people do.
func attackLog() []byte {
	var b bytes.Buffer
	line := func(second int, rest string) {
		fmt.Fprintf(&b, `{"ts":"2025-03-03T10:%02d:%02dZ","service":"api",%s}`+"\n", second/60, second%60, rest)
	}
	for i := range 8 {
		line(i, `"operation":"login","src":"192.0.2.66","subject":"alice","outcome":"failure","reason":"bad_credentials"`)
	}
	line(9, `"operation":"login","src":"192.0.2.66","subject":"alice","outcome":"success","duration_ms":12`)
	for i := range 6 {
		line(20+i, fmt.Sprintf(`"operation":"login","src":"host.example","subject":"u%d","outcome":"failure","reason":"unknown_user"`, i))
	}
	line(30, `"operation":"refresh","src":"198.51.100.1","subject":"bob","session":"s1","outcome":"failure","reason":"reused_token"`)
	for i := range 5 {
		line(60+i, `"operation":"challenge","factor":"push","src":"192.0.2.66","subject":"carol","outcome":"success"`)
	}
	for i := range 10 {
		line(120+i, `"operation":"rate_limit","src":"203.0.113.9","outcome":"failure"`)
	}
	line(200, `"operation":"login","src":"198.51.100.2","subject":"dave","outcome":"failure","reason":"consent_required"`)
	return b.Bytes()
}

func TestFindings(t *testing.T) {
	file := write(t, "attack.jsonl", attackLog())
	var got []string
	for _, f := range parseLines[judge.Finding](t, find(t, "-plain", file)) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Time.Format("04:05"), f.Kind, f.Source, f.Subject)))
	}
	want := []string{
		"00:04 brute_force 192.0.2.66",
		"00:09 account_takeover 192.0.2.66 alice",
		"00:24 user_enumeration host.example",
		"00:30 token_replay 198.51.100.1 bob",
		"01:04 mfa_fatigue  carol",
		"02:09 rate_limit_abuse 203.0.113.9",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFindingsNameNobodyUnlessAsked(t *testing.T) {
	file := write(t, "attack.jsonl", attackLog())
	first := find(t, file)
	for _, name := range []string{"192.0.2.66", "alice", "host.example", "bob", "carol"} {
		if bytes.Contains(first, []byte(name)) {
			t.Errorf("the findings name %s:\n%s", name, first)
		}
	}
	if !bytes.Contains(first, []byte(`"src":"`)) {
		t.Errorf("no keyed hash:\n%s", first)
	}
	if again := find(t, file); !bytes.Equal(first, again) {
		t.Errorf("two replays differ:\n%s\n%s", first, again)
	}
}

func TestPatternsArePrinted(t *testing.T) {
	quiet(t)
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{write(t, "attack.jsonl", attackLog())}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	for _, s := range []string{
		"account_takeover (high)", "1 token_replay (high)", "password 16, refresh token 1", "sources  subjects",
	} {
		if !strings.Contains(stdout.String(), s) {
			t.Errorf("lacks %q:\n%s", s, stdout.String())
		}
	}
}

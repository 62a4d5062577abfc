// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// decodeAll gives the events of some lines and the error of the last.
func decodeAll(d decoder, lines ...string) (events []event, err error) {
	emit := func(e event) { events = append(events, e) }
	for _, l := range lines {
		err = d.decode(l, emit)
	}
	d.flush(emit)
	return events, err
}

func TestJSONL(t *testing.T) {
	at := time.Date(2025, 10, 3, 14, 9, 32, 500e6, time.UTC)
	const prefix = `{"ts":"2025-10-03T14:09:32.5Z","service":"api"`
	tests := []struct {
		name, line string
		want       event
	}{
		{
			"a login that failed", prefix + `,"operation":"login","src":"192.0.2.1","subject":"alice","outcome":"failure","reason":"bad_credentials"}`,
			event{source: "192.0.2.1", subject: "alice", method: semconv.MethodPassword, reason: semconv.ReasonInvalidCredentials},
		},
		{
			"nulls and unknown keys", prefix + `,"operation":"login","src":null,"subject":null,"outcome":"success","reason":null,"label":{"a":[1]}}`,
			event{method: semconv.MethodPassword, success: true},
		},
		{
			"a reason of a success is none", prefix + `,"operation":"login","outcome":"success","reason":"locked"}`,
			event{method: semconv.MethodPassword, success: true},
		},
		{
			"the method given", prefix + `,"operation":"login","method":"oidc","outcome":"success"}`,
			event{method: semconv.MethodOIDC, success: true},
		},
		{
			"an unknown method of a login", prefix + `,"operation":"login","method":"runes","outcome":"success"}`,
			event{method: semconv.MethodPassword, success: true},
		},
		{
			"an unknown operation", prefix + `,"operation":"incantation","outcome":"failure","reason":"blocked"}`,
			event{reason: semconv.ReasonPolicyDenied},
		},
		{
			"a refresh", prefix + `,"operation":"refresh","outcome":"failure","reason":"reused_token"}`,
			event{operation: opRefresh, tokenOp: semconv.TokenOperationRefresh, token: semconv.TokenTypeRefresh, reason: semconv.ReasonReplayed},
		},
		{
			"a token check", prefix + `,"operation":"verify","token_type":"id","outcome":"failure","reason":"expired"}`,
			event{operation: opTokenCheck, token: semconv.TokenTypeID, reason: semconv.ReasonExpired},
		},
		{
			"a revocation", prefix + `,"operation":"revoke","outcome":"success"}`,
			event{operation: opToken, tokenOp: semconv.TokenOperationRevoke, token: semconv.TokenTypeAccess, success: true},
		},
		{
			"a second factor", prefix + `,"operation":"mfa","factor":"totp","outcome":"failure","reason":"mfa_failed"}`,
			event{operation: opMFA, factor: semconv.MFAFactorTOTP, reason: semconv.ReasonMFAFailed},
		},
		{
			"a logout", prefix + `,"operation":"logout","outcome":"success"}`,
			event{operation: opLogout, success: true},
		},
		{
			"a duration", prefix + `,"operation":"login","outcome":"success","duration_ms":12.5}`,
			event{method: semconv.MethodPassword, success: true, duration: 12500 * time.Microsecond, hasDuration: true},
		},
		{
			"a negative duration is none", prefix + `,"operation":"login","outcome":"success","duration_ms":-1}`,
			event{method: semconv.MethodPassword, success: true},
		},
		{
			"an absurd duration is none", prefix + `,"operation":"login","outcome":"success","duration_ms":1e300}`,
			event{method: semconv.MethodPassword, success: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.time, tt.want.service, tt.want.count = at, "api", 1
			got, err := decodeAll(jsonl{}, tt.line)
			if err != nil || len(got) != 1 || got[0] != tt.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestJSONLUnreadable(t *testing.T) {
	for line, want := range map[string]error{
		`not json at all`: notJSON,
		`{"ts":"2025-10-03T14:09:32Z","service":"a","outcome":"success"`:       notJSON,
		`{"ts":"2025-10-03T14:09:32Z","service":"a","outcome":"success"} more`: notJSON,
		`{"ts":"2025-10-03T14:09:32Z","service":7,"outcome":"success"}`:        notJSON,
		`["2025-10-03T14:09:32Z"]`:            notJSON,
		`null`:                                badTime,
		`{"service":"a","outcome":"success"}`: badTime,
		`{"ts":"yesterday","service":"a","outcome":"success"}`:                  badTime,
		`{"ts":"2025-10-03T14:09:32Z","outcome":"success"}`:                     noService,
		`{"ts":"2025-10-03T14:09:32Z","service":"a"}`:                           badOutcome,
		`{"ts":"2025-10-03T14:09:32Z","service":"a","outcome":"hunter2 works"}`: badOutcome,
	} {
		if got, err := decodeAll(jsonl{}, line); !errors.Is(err, want) || len(got) != 0 {
			t.Errorf("%s: %v, %v; want %v", line, got, err, want)
		}
	}
}

func FuzzJSONL(f *testing.F) {
	f.Add(`{"ts":"2025-10-03T14:09:32.5Z","service":"api","operation":"login","src":"192.0.2.1","subject":"alice","outcome":"failure","reason":"bad_credentials"}`)
	f.Add(`{"ts":"2025-10-03T14:09:32Z","service":"api","operation":"refresh","src":null,"subject":null,"outcome":"success","reason":null,"duration_ms":3}`)
	f.Add(`{"ts":"2025-10-03T14:09:32Z","service":"api","operation":"mfa","factor":"totp","token_type":"id","method":"jwt","outcome":"failure","reason":"?"}`)
	f.Add(`{"ts":"","service":1e999}`)
	f.Fuzz(func(t *testing.T, line string) {
		events, err := decodeAll(jsonl{}, line)
		checkDecoded(t, events, err)
		if (err == nil) != (len(events) == 1) {
			t.Errorf("%d events and error %v", len(events), err)
		}
	})
}

// checkDecoded holds what is true of anything decoded: values inside the enums, and errors that are fixed words.
func checkDecoded(t *testing.T, events []event, err error) {
	t.Helper()
	for _, e := range events {
		if e.reason >= semconv.NumReason || e.method >= semconv.NumMethod || e.token >= semconv.NumTokenType ||
			e.tokenOp >= semconv.NumTokenOperation || e.factor >= semconv.NumMFAFactor || e.operation > opRateLimit {
			t.Errorf("outside the enums: %+v", e)
		}
		if e.success && e.reason != semconv.ReasonOther {
			t.Errorf("a success with a reason: %+v", e)
		}
		if e.service == "" || e.count < 1 || e.duration < 0 {
			t.Errorf("no event: %+v", e)
		}
	}
	var word unreadable
	if err != nil && !errors.As(err, &word) {
		t.Errorf("error %v is not one of the fixed words", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

func TestReasonOf(t *testing.T) {
	for word, want := range map[string]semconv.Reason{
		"bad_credentials":         semconv.ReasonInvalidCredentials,
		"unknown_user":            semconv.ReasonUnknownPrincipal,
		"account_locked":          semconv.ReasonLocked,
		"account_disabled":        semconv.ReasonDisabled,
		"password_expired":        semconv.ReasonExpired,
		"reused_token":            semconv.ReasonReplayed,
		"session_revoked":         semconv.ReasonRevoked,
		"consent_required":        semconv.ReasonPolicyDenied,
		"mfa_enrollment_required": semconv.ReasonMFARequired,
		"blocked":                 semconv.ReasonPolicyDenied,
		"preauth_disconnect":      semconv.ReasonOther,
		"Bad_Credentials ":        semconv.ReasonInvalidCredentials,
		"0xc000010b":              semconv.ReasonOther,
		"":                        semconv.ReasonOther,
		semconv.Other:             semconv.ReasonOther,
	} {
		if got := reasonOf(word); got != want {
			t.Errorf("reasonOf(%q) = %v, want %v", word, got, want)
		}
	}
}

// The enum's own values mean themselves: no entry of the table may bend one.
func TestReasonOfKnowsTheEnum(t *testing.T) {
	for r := range semconv.NumReason {
		if got := reasonOf(r.String()); got != r {
			t.Errorf("reasonOf(%q) = %v", r, got)
		}
		if _, ok := reasonWords[r.String()]; ok {
			t.Errorf("%q needs no entry: it is a value of the enum", r)
		}
	}
}

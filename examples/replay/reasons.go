// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/datapunk/otelauth/semconv"
)

// reasonWords maps the words that logs use for a failure to the closed enum, beside the enum's own values, which
// need no entry. This is the one place to add a word of your own log.
var reasonWords = map[string]semconv.Reason{
	"bad_credentials":  semconv.ReasonInvalidCredentials,
	"bad_password":     semconv.ReasonInvalidCredentials,
	"wrong_password":   semconv.ReasonInvalidCredentials,
	"invalid_password": semconv.ReasonInvalidCredentials,
	"invalid_grant":    semconv.ReasonInvalidCredentials,

	"unknown_user":   semconv.ReasonUnknownPrincipal,
	"invalid_user":   semconv.ReasonUnknownPrincipal,
	"no_such_user":   semconv.ReasonUnknownPrincipal,
	"user_not_found": semconv.ReasonUnknownPrincipal,
	"unknown_client": semconv.ReasonUnknownPrincipal,

	"account_locked":   semconv.ReasonLocked,
	"user_locked":      semconv.ReasonLocked,
	"locked_out":       semconv.ReasonLocked,
	"account_disabled": semconv.ReasonDisabled,
	"user_disabled":    semconv.ReasonDisabled,

	"password_expired": semconv.ReasonExpired,
	"account_expired":  semconv.ReasonExpired,
	"token_expired":    semconv.ReasonExpired,
	"session_expired":  semconv.ReasonExpired,

	"session_revoked": semconv.ReasonRevoked,
	"token_revoked":   semconv.ReasonRevoked,
	"reused_token":    semconv.ReasonReplayed,
	"token_reused":    semconv.ReasonReplayed,

	"mfa_enrollment_required": semconv.ReasonMFARequired,
	"second_factor_required":  semconv.ReasonMFARequired,
	"mfa_denied":              semconv.ReasonMFAFailed,
	"invalid_otp":             semconv.ReasonMFAFailed,

	"too_many_requests":   semconv.ReasonRateLimited,
	"rate_limit_exceeded": semconv.ReasonRateLimited,
	"throttled":           semconv.ReasonRateLimited,

	"invalid_signature": semconv.ReasonBadSignature,

	// A rule stood in the way, whatever the credential was worth: consent that was not given yet, or an address or
	// account that the provider's own protection blocks.
	"consent_required": semconv.ReasonPolicyDenied,
	"access_denied":    semconv.ReasonPolicyDenied,
	"blocked":          semconv.ReasonPolicyDenied,

	// The client left before the server said yes or no. Nothing is known about the credential, and `missing` would
	// claim that none was given.
	"preauth_disconnect": semconv.ReasonOther,
}

// reasonOf gives the closed reason for a log's word. What it does not know is `_OTHER`: still a failure, of a reason
// that nobody knows.
func reasonOf(word string) semconv.Reason {
	word = strings.ToLower(strings.TrimSpace(word))
	if r, ok := reasonWords[word]; ok {
		return r
	}
	return semconv.ParseReason(word)
}

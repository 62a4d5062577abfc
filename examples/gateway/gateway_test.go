// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// Every request once, and then all that is recorded of them: each series, and no other.
func TestOneRound(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	rec, err := newRecorder(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := play(t.Context(), rec, "127.0.0.1:0", 0, io.Discard)
	if err != nil {
		t.Fatal(err)
	}

	got := instrumenttest.Read(t, reader)
	failure := instrument.Failure
	scope, readOnly := semconv.PolicyKey.String(scopePolicy), semconv.PolicyKey.String(readOnlyPolicy)

	orders := got.Service("orders")
	orders.WantAttempts(3, semconv.MethodAPIKey, nil)
	orders.WantAttempts(1, semconv.MethodAPIKey, failure(semconv.ReasonRevoked))
	orders.WantAttempts(burst, semconv.MethodAPIKey, failure(semconv.ReasonInvalidCredentials))
	orders.WantAttempts(1, semconv.MethodNone, instrument.ErrNoCredential)
	orders.WantAuthorizations(3, semconv.EnforcementEnforced, semconv.DecisionAllow, scope)
	orders.WantAuthorizations(2, semconv.EnforcementShadow, semconv.DecisionAllow, readOnly)
	orders.WantAuthorizations(1, semconv.EnforcementShadow, semconv.DecisionDeny, readOnly)
	orders.WantRateLimitChecks(burst+5, "burst", semconv.RateLimitOutcomeAllowed)
	orders.WantRateLimitChecks(2, "burst", semconv.RateLimitOutcomeLimited)
	orders.WantRateLimitChecks(3, "hour", semconv.RateLimitOutcomeAllowed)
	orders.Want("auth.service.registrations", 1, semconv.RegistrationEventRegister.Attr())
	orders.Want("auth.service.status", 1, semconv.ServiceStateHealthy.Attr())

	// Whoever is known is let in here, whatever the policy and the service say afterwards.
	billing := got.Service("billing")
	billing.WantAttempts(1, semconv.MethodAPIKey, nil)
	billing.WantAttempts(6, semconv.MethodJWT, nil)
	billing.WantAttempts(2, semconv.MethodJWT, failure(semconv.ReasonExpired))
	billing.WantAttempts(1, semconv.MethodJWT, failure(semconv.ReasonAudienceMismatch))
	billing.WantAttempts(1, semconv.MethodJWT, failure(semconv.ReasonBadSignature))
	billing.WantAttempts(1, semconv.MethodJWT, failure(semconv.ReasonUnsupportedAlgorithm))
	billing.WantAttempts(1, semconv.MethodJWT, failure(semconv.ReasonMalformed))
	billing.WantTokenVerifications(6, semconv.TokenTypeAccess, nil)
	billing.WantTokenVerifications(2, semconv.TokenTypeAccess, failure(semconv.ReasonExpired))
	billing.WantTokenVerifications(1, semconv.TokenTypeAccess, failure(semconv.ReasonAudienceMismatch))
	billing.WantTokenVerifications(1, semconv.TokenTypeAccess, failure(semconv.ReasonBadSignature))
	billing.WantTokenVerifications(1, semconv.TokenTypeAccess, failure(semconv.ReasonUnsupportedAlgorithm))
	billing.WantTokenVerifications(1, semconv.TokenTypeAccess, failure(semconv.ReasonMalformed))
	billing.WantAuthorizations(6, semconv.EnforcementEnforced, semconv.DecisionAllow, scope)
	billing.WantAuthorizations(1, semconv.EnforcementEnforced, semconv.DecisionDeny, scope)
	billing.WantAuthorizations(7, semconv.EnforcementShadow, semconv.DecisionAllow, readOnly)
	billing.WantRateLimitChecks(13, "burst", semconv.RateLimitOutcomeAllowed)
	billing.WantRateLimitChecks(5, "hour", semconv.RateLimitOutcomeAllowed)
	billing.WantRateLimitChecks(1, "hour", semconv.RateLimitOutcomeLimited)
	billing.Want("auth.service.registrations", 1, semconv.RegistrationEventRegister.Attr())
	billing.Want("auth.service.status", 1, semconv.ServiceStateUnhealthy.Attr())

	got.Want("auth.service.registered", 2)
	got.WantNothingElse()

	secrets := []string{keySubject, tokenSubject, "2001:db8", "127.0.0.1", "Bearer", "warehouse"}
	for _, s := range sent {
		if token := strings.TrimPrefix(s.credential, "Bearer "); len(token) > 4 {
			secrets = append(secrets, token)
		}
	}
	got.WantNowhere(secrets...)
}

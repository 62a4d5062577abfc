// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// newRecorder makes a recorder with two declared services and something in each allow-list.
func newRecorder(t *testing.T, mp metric.MeterProvider) *instrument.Recorder {
	t.Helper()
	rec, err := instrument.New(
		instrument.WithMeterProvider(mp),
		instrument.WithServices("api", "billing"),
		instrument.WithAllowed(semconv.ProviderKey, "corp"),
		instrument.WithAllowed(semconv.TenantKey, "blue"),
		instrument.WithAllowed(semconv.PolicyKey, "admins"),
		instrument.WithAllowed(semconv.CacheNameKey, "jwks"),
	)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// expiry is when the signing key of the traffic ends.
var expiry = time.Date(2040, time.January, 1, 0, 0, 0, 0, time.UTC)

// drive makes a known set of calls that reach every metric of package instrument. What they must come to is in
// driven; whoever changes one changes the other.
func drive(ctx context.Context, rec *instrument.Recorder) {
	api, billing := rec.Service("api"), rec.Service("billing")
	driveAuthentication(ctx, api)
	driveTokens(ctx, api)
	driveAuthorization(ctx, api)
	driveUpkeep(ctx, api)

	api.Register(ctx)
	api.SetState(semconv.ServiceStateDegraded)
	billing.Register(ctx)
	billing.Deregister(ctx)
	rec.Service("stranger") // not declared, so it is a collapsed value

	detector := rec.Detector()
	detector.TrackedKeys(ctx, semconv.AnomalyTableSource, 12)
	detector.Evicted(ctx, semconv.AnomalyTableSubject, 3)
	detector.Dropped(ctx, 2)
	api.Anomalies().Detected(ctx, semconv.AnomalyKindBruteForce, semconv.AnomalySeverityHigh)
}

func driveAuthentication(ctx context.Context, api *instrument.Service) {
	login := api.Authentication(semconv.MethodPassword)
	login.Record(ctx, 250*time.Millisecond, nil)
	login.Record(ctx, 500*time.Millisecond, nil)
	login.Record(ctx, 125*time.Millisecond, instrument.Failure(semconv.ReasonInvalidCredentials))
	login.Record(ctx, 2*time.Second, instrument.Error(semconv.ErrorTypeTimeout))
	login.Count(ctx, instrument.Failure(semconv.ReasonLocked))
	login.Count(ctx, errors.New("nobody knows this one"))
	login.Count(ctx, instrument.ErrNoCredential)
	login.Count(ctx, instrument.ErrBypassed)
	login.Record(ctx, -time.Second, nil) // an attempt all the same, but no duration

	api.Authentication(semconv.MethodOIDC, instrument.Provider("corp"), instrument.Tenant("blue")).
		Record(ctx, 62500*time.Microsecond, nil)
	api.Authentication(semconv.MethodOIDC, instrument.Provider("unheard of")).Count(ctx, nil)

	code := api.MFA(semconv.MFAFactorTOTP)
	code.Challenged(ctx)
	code.Challenged(ctx)
	code.Answered(ctx, nil)
	code.Answered(ctx, instrument.Failure(semconv.ReasonMFAFailed))

	sessions := api.Sessions()
	sessions.Count(ctx, semconv.SessionOperationCreate, nil)
	sessions.Count(ctx, semconv.SessionOperationCreate, nil)
	sessions.Count(ctx, semconv.SessionOperationEnd, nil)
	sessions.Adjust(ctx, 5)
}

func driveTokens(ctx context.Context, api *instrument.Service) {
	access := api.TokenVerification(semconv.TokenTypeAccess)
	access.Record(ctx, 62500*time.Nanosecond, nil)
	access.Record(ctx, 3125*time.Microsecond, instrument.Failure(semconv.ReasonExpired))
	access.Count(ctx, context.DeadlineExceeded)

	refresh := api.TokenOperations(semconv.TokenTypeRefresh)
	refresh.Count(ctx, semconv.TokenOperationIssue, nil)
	refresh.Count(ctx, semconv.TokenOperationRevoke, instrument.Failure(semconv.ReasonRevoked))
}

func driveAuthorization(ctx context.Context, api *instrument.Service) {
	enforced := api.Authorization(semconv.EnforcementEnforced, instrument.Policy("admins"))
	enforced.Record(ctx, 62500*time.Nanosecond, semconv.DecisionAllow)
	enforced.Record(ctx, 3125*time.Microsecond, semconv.DecisionDeny)
	api.Authorization(semconv.EnforcementShadow).Count(ctx, semconv.DecisionDeny)

	minute := api.RateLimit("minute")
	for range 3 {
		minute.Check(ctx, semconv.RateLimitOutcomeAllowed)
	}
	minute.Check(ctx, semconv.RateLimitOutcomeLimited)
	minute.Usage(ctx, 40, 100)
	api.RateLimitUsage(ctx, instrument.Usage{Type: "day", Used: 900, Limit: 1000})
	api.RateLimit("fortnight").Check(ctx, semconv.RateLimitOutcomeAllowed)
}

func driveUpkeep(ctx context.Context, api *instrument.Service) {
	key := api.Credential(semconv.CredentialTypeSigningKey)
	key.Rotated(ctx, semconv.RotationTriggerScheduled, nil)
	key.Rotated(ctx, semconv.RotationTriggerEmergency, instrument.Error(semconv.ErrorTypeInternal))
	key.Expires(ctx, expiry)

	keys := api.KeySet()
	keys.Refreshed(ctx, nil)
	keys.Refreshed(ctx, instrument.Error(semconv.ErrorTypeUnavailable))

	cache := api.Cache("jwks")
	cache.Lookup(ctx, semconv.CacheOutcomeHit)
	cache.Lookup(ctx, semconv.CacheOutcomeHit)
	cache.Lookup(ctx, semconv.CacheOutcomeMiss)
}

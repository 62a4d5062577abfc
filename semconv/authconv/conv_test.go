// SPDX-License-Identifier: Apache-2.0

package authconv

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

// instrument is what each type of this package offers.
type instrument interface {
	Name() string
	Unit() string
	Description() string
}

// A recording makes an instrument and records through it, once with attributes
// as parameters.
type recording func(context.Context, metric.Meter) (instrument, error)

// record makes a recording of a synchronous instrument.
func record[I instrument, O any](
	create func(metric.Meter, ...O) (I, error), use func(context.Context, I),
) recording {
	return func(ctx context.Context, m metric.Meter) (instrument, error) {
		i, err := create(m)
		if err == nil {
			use(ctx, i)
		}
		return i, err
	}
}

// observe makes a recording of an observable instrument.
func observe[I interface {
	instrument
	Inst() metric.Int64ObservableGauge
}](
	create func(metric.Meter, ...metric.Int64ObservableGaugeOption) (I, error), use func(metric.Observer, I),
) recording {
	return func(_ context.Context, m metric.Meter) (instrument, error) {
		i, err := create(m)
		if err != nil {
			return i, err
		}
		_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
			use(o, i)
			return nil
		}, i.Inst())
		return i, err
	}
}

// recordings has every instrument with the attributes that it must have. The
// value that is recorded is always 1.
var recordings = []recording{
	record(NewAnomalyDetections, func(ctx context.Context, i AnomalyDetections) {
		i.Add(ctx, 1, "api", semconv.AnomalyKindBruteForce, semconv.AnomalySeverityHigh)
	}),
	record(NewAnomalyEvictions, func(ctx context.Context, i AnomalyEvictions) {
		i.Add(ctx, 1, semconv.AnomalyTableSource)
	}),
	record(NewAnomalyTrackedKeys, func(ctx context.Context, i AnomalyTrackedKeys) {
		i.Record(ctx, 1, semconv.AnomalyTableSource)
	}),
	record(NewAuthenticationAttempts, func(ctx context.Context, i AuthenticationAttempts) {
		i.Add(ctx, 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	}),
	record(NewAuthenticationDuration, func(ctx context.Context, i AuthenticationDuration) {
		i.Record(ctx, 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	}),
	record(NewAuthorizationDecisions, func(ctx context.Context, i AuthorizationDecisions) {
		i.Add(ctx, 1, "api", semconv.DecisionAllow, semconv.EnforcementEnforced)
	}),
	record(NewAuthorizationDuration, func(ctx context.Context, i AuthorizationDuration) {
		i.Record(ctx, 1, "api", semconv.DecisionAllow, semconv.EnforcementEnforced)
	}),
	record(NewCacheLookups, func(ctx context.Context, i CacheLookups) {
		i.Add(ctx, 1, "api", "tokens", semconv.CacheOutcomeHit)
	}),
	record(NewCredentialExpirationTimestamp, func(ctx context.Context, i CredentialExpirationTimestamp) {
		i.Record(ctx, 1, "api", semconv.CredentialTypeAPIKey)
	}),
	record(NewCredentialLastRotationTimestamp, func(ctx context.Context, i CredentialLastRotationTimestamp) {
		i.Record(ctx, 1, "api", semconv.CredentialTypeAPIKey)
	}),
	record(NewCredentialRotations, func(ctx context.Context, i CredentialRotations) {
		i.Add(ctx, 1, "api", semconv.CredentialTypeAPIKey, semconv.RotationTriggerManual, semconv.ResultSuccess)
	}),
	record(NewKeysetLastSuccessTimestamp, func(ctx context.Context, i KeysetLastSuccessTimestamp) {
		i.Record(ctx, 1, "api")
	}),
	record(NewKeysetRefreshes, func(ctx context.Context, i KeysetRefreshes) {
		i.Add(ctx, 1, "api", semconv.ResultSuccess)
	}),
	record(NewMFAAttempts, func(ctx context.Context, i MFAAttempts) {
		i.Add(ctx, 1, "api", semconv.MFAFactorTOTP, semconv.ResultSuccess)
	}),
	record(NewMFAChallenges, func(ctx context.Context, i MFAChallenges) {
		i.Add(ctx, 1, "api", semconv.MFAFactorTOTP)
	}),
	record(NewRateLimitChecks, func(ctx context.Context, i RateLimitChecks) {
		i.Add(ctx, 1, "api", semconv.RateLimitOutcomeAllowed, "minute")
	}),
	record(NewRateLimitLimit, func(ctx context.Context, i RateLimitLimit) {
		i.Record(ctx, 1, "api", "minute")
	}),
	record(NewRateLimitUsage, func(ctx context.Context, i RateLimitUsage) {
		i.Record(ctx, 1, "api", "minute")
	}),
	record(NewSDKCollapsedValues, func(ctx context.Context, i SDKCollapsedValues) {
		i.Add(ctx, 1, semconv.SDKAttributeMethod)
	}),
	record(NewSDKDroppedEvents, func(ctx context.Context, i SDKDroppedEvents) {
		i.Add(ctx, 1)
	}),
	record(NewSDKPipelineRejectedMeasurements, func(ctx context.Context, i SDKPipelineRejectedMeasurements) {
		i.Add(ctx, 1, semconv.SDKRejectionNegative)
	}),
	record(NewSDKPipelineCallbackFailures, func(ctx context.Context, i SDKPipelineCallbackFailures) {
		i.Add(ctx, 1)
	}),
	record(NewSDKExportFailures, func(ctx context.Context, i SDKExportFailures) {
		i.Add(ctx, 1, semconv.SDKExporterOTLP)
	}),
	record(NewSDKExportUndeliveredPoints, func(ctx context.Context, i SDKExportUndeliveredPoints) {
		i.Add(ctx, 1, semconv.SDKExporterOTLP)
	}),
	record(NewSDKExportRejectedPoints, func(ctx context.Context, i SDKExportRejectedPoints) {
		i.Add(ctx, 1, semconv.SDKExporterOTLP)
	}),
	record(NewSDKExportLastSuccessTimestamp, func(ctx context.Context, i SDKExportLastSuccessTimestamp) {
		i.Record(ctx, 1, semconv.SDKExporterOTLP)
	}),
	record(NewSDKRejectedMeasurements, func(ctx context.Context, i SDKRejectedMeasurements) {
		i.Add(ctx, 1, semconv.SDKRejectionNegative)
	}),
	observe(NewServiceActive, func(o metric.Observer, i ServiceActive) {
		i.Observe(o, 1)
	}),
	record(NewServiceRegistered, func(ctx context.Context, i ServiceRegistered) {
		i.Add(ctx, 1)
	}),
	record(NewServiceRegistrations, func(ctx context.Context, i ServiceRegistrations) {
		i.Add(ctx, 1, "api", semconv.RegistrationEventRegister)
	}),
	observe(NewServiceStatus, func(o metric.Observer, i ServiceStatus) {
		i.Observe(o, 1, "api", semconv.ServiceStateHealthy)
	}),
	record(NewSessionActive, func(ctx context.Context, i SessionActive) {
		i.Add(ctx, 1, "api")
	}),
	record(NewSessionOperations, func(ctx context.Context, i SessionOperations) {
		i.Add(ctx, 1, "api", semconv.SessionOperationCreate, semconv.ResultSuccess)
	}),
	record(NewTokenOperations, func(ctx context.Context, i TokenOperations) {
		i.Add(ctx, 1, "api", semconv.TokenOperationIssue, semconv.TokenTypeAccess, semconv.ResultSuccess)
	}),
	record(NewTokenVerificationDuration, func(ctx context.Context, i TokenVerificationDuration) {
		i.Record(ctx, 1, "api", semconv.TokenTypeAccess, semconv.ResultSuccess)
	}),
	record(NewTokenVerifications, func(ctx context.Context, i TokenVerifications) {
		i.Add(ctx, 1, "api", semconv.TokenTypeAccess, semconv.ResultSuccess)
	}),
}

// values are what the recordings put under each key.
var values = map[attribute.Key]string{
	semconv.AnomalyKindKey:       "brute_force",
	semconv.AnomalySeverityKey:   "high",
	semconv.AnomalyTableKey:      "source",
	semconv.CacheNameKey:         "tokens",
	semconv.CacheOutcomeKey:      "hit",
	semconv.CredentialTypeKey:    "api_key",
	semconv.DecisionKey:          "allow",
	semconv.EnforcementKey:       "enforced",
	semconv.MFAFactorKey:         "totp",
	semconv.MethodKey:            "password",
	semconv.RateLimitOutcomeKey:  "allowed",
	semconv.RateLimitTypeKey:     "minute",
	semconv.RegistrationEventKey: "register",
	semconv.ResultKey:            "success",
	semconv.RotationTriggerKey:   "manual",
	semconv.SDKAttributeKey:      "auth.method",
	semconv.SDKExporterKey:       "otlp",
	semconv.SDKRejectionKey:      "negative",
	semconv.ServiceNameKey:       "api",
	semconv.ServiceStateKey:      "healthy",
	semconv.SessionOperationKey:  "create",
	semconv.TokenOperationKey:    "issue",
	semconv.TokenTypeKey:         "access",
}

// Each instrument, made on a real SDK, is what the registry says: name, unit,
// description, kind, number, boundaries and required attributes.
func TestInstrumentsAreThoseOfTheRegistry(t *testing.T) {
	meter, collect := newMeter(t)
	for _, r := range recordings {
		i, err := r(t.Context(), meter)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := semconv.LookupMetric(i.Name())
		if !ok {
			t.Errorf("%s is not in the registry", i.Name())
		}
		if i.Unit() != m.Unit || i.Description() != m.Description {
			t.Errorf("%s has %q and %q, want %q and %q", i.Name(), i.Unit(), i.Description(), m.Unit, m.Description)
		}
	}

	got := collect()
	for _, m := range semconv.Metrics() {
		t.Run(m.Name, func(t *testing.T) {
			g, ok := got[m.Name]
			if !ok {
				t.Fatal("no instrument recorded it")
			}
			delete(got, m.Name)
			if want := exported(m); !g.equal(want) {
				t.Errorf("got\n%s\nwant\n%s", g, want)
			}
		})
	}
	for name := range got {
		t.Errorf("%s is not in the registry", name)
	}
}

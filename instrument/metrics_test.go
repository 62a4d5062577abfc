// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/semconv"
)

// everything makes one call of every kind, and returns the recorder's rig.
func everything(t *testing.T) *rig {
	g := newRig(t, WithServices("api"), WithAllowed(semconv.CacheNameKey, "tokens"),
		WithAllowed(semconv.PolicyKey, "admin"))
	api := g.rec.Service("api")
	api.Register(ctx)
	api.SetState(semconv.ServiceStateHealthy)
	api.Authentication(semconv.MethodPassword).Record(ctx, time.Millisecond, nil)
	api.TokenVerification(semconv.TokenTypeAccess).Record(ctx, time.Millisecond, Failure(semconv.ReasonExpired))
	api.TokenOperations(semconv.TokenTypeRefresh).Count(ctx, semconv.TokenOperationIssue, nil)
	s := api.Sessions()
	s.Count(ctx, semconv.SessionOperationCreate, nil)
	s.Count(ctx, semconv.SessionOperationCreate, errors.New("store is full"))
	s.Count(ctx, semconv.SessionOperationCreate, nil)
	s.Count(ctx, semconv.SessionOperationRevoke, nil)
	s.Adjust(ctx, 5)
	m := api.MFA(semconv.MFAFactorTOTP)
	m.Challenged(ctx)
	m.Answered(ctx, Failure(semconv.ReasonMFAFailed))
	z := api.Authorization(semconv.EnforcementEnforced, Policy("admin"))
	z.Start().End(ctx, semconv.DecisionAllow)
	z.Count(ctx, semconv.DecisionDeny)
	api.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeLimited)
	api.RateLimitUsage(ctx, Usage{"minute", 42, 60}, Usage{"day", 1000, 5000})
	c := api.Credential(semconv.CredentialTypeSigningKey)
	c.Rotated(ctx, semconv.RotationTriggerScheduled, nil)
	c.Rotated(ctx, semconv.RotationTriggerManual, errors.New("vault is sealed"))
	c.Expires(ctx, time.Unix(1_900_000_000, 0))
	c.Expires(ctx, time.Time{})
	api.KeySet().Refreshed(ctx, nil)
	api.KeySet().Refreshed(ctx, Error(semconv.ErrorTypeDNS))
	api.KeySet().Refreshed(ctx, errors.New("bad JSON"))
	api.Cache("tokens").Lookup(ctx, semconv.CacheOutcomeHit)
	api.Anomalies().Detected(ctx, semconv.AnomalyKindBruteForce, semconv.AnomalySeverityHigh)
	d := g.rec.Detector()
	d.TrackedKeys(ctx, semconv.AnomalyTableSource, 7)
	d.Evicted(ctx, semconv.AnomalyTableSource, 3)
	d.Dropped(ctx, 2)
	d.Dropped(ctx, -1)
	return g
}

func TestEveryMetricOfTheRegistryCanBeRecorded(t *testing.T) {
	before := float64(time.Now().Add(-time.Minute).Unix())
	g := everything(t)
	const api = " service.name=api"
	for name, want := range map[string]map[string]float64{
		"auth.authentication.attempts":     {"method=password result=success" + api: 1},
		"auth.authentication.duration":     {"method=password result=success" + api: 1},
		"auth.token.verifications":         {"failure.reason=expired result=failure" + api + " token.type=access": 1},
		"auth.token.verification.duration": {"result=failure" + api + " token.type=access": 1},
		"auth.token.operations":            {"result=success" + api + " token.operation=issue token.type=refresh": 1},
		"auth.session.operations": {
			"result=success" + api + " session.operation=create": 2,
			"result=error" + api + " session.operation=create":   1,
			"result=success" + api + " session.operation=revoke": 1,
		},
		"auth.session.active": {"service.name=api": 6},
		"auth.mfa.challenges": {"mfa.factor=totp" + api: 1},
		"auth.mfa.attempts":   {"failure.reason=mfa_failed mfa.factor=totp result=failure" + api: 1},
		"auth.authorization.decisions": {
			"decision=allow enforcement=enforced policy=admin" + api: 1,
			"decision=deny enforcement=enforced policy=admin" + api:  1,
		},
		"auth.authorization.duration": {"decision=allow enforcement=enforced" + api: 1},
		"auth.rate_limit.checks":      {"rate_limit.outcome=limited rate_limit.type=minute" + api: 1},
		"auth.rate_limit.usage":       {"rate_limit.type=minute" + api: 42, "rate_limit.type=day" + api: 1000},
		"auth.rate_limit.limit":       {"rate_limit.type=minute" + api: 60, "rate_limit.type=day" + api: 5000},
		"auth.service.registered":     {"": 1},
		"auth.service.active":         {"": 1},
		"auth.service.registrations":  {"registration.event=register" + api: 1},
		"auth.service.status":         {"service.name=api service.state=healthy": 1},
		"auth.credential.rotations": {
			"credential.type=signing_key result=success rotation.trigger=scheduled" + api: 1,
			"credential.type=signing_key result=error rotation.trigger=manual" + api:      1,
		},
		"auth.credential.expiration.timestamp": {"credential.type=signing_key" + api: 1_900_000_000},
		"auth.keyset.refreshes": {
			"result=success" + api:                      1,
			"result=error" + api + " error.type=dns":    1,
			"result=error" + api + " error.type=_OTHER": 1,
		},
		"auth.cache.lookups":             {"cache.name=tokens cache.outcome=hit" + api: 1},
		"auth.anomaly.detections":        {"anomaly.kind=brute_force anomaly.severity=high" + api: 1},
		"auth.anomaly.tracked_keys":      {"anomaly.table=source": 7},
		"auth.anomaly.evictions":         {"anomaly.table=source": 3},
		"auth.sdk.dropped_events":        {"": 2},
		"auth.sdk.rejected_measurements": {"sdk.rejection=negative": 1},
		// The session that could not be made for a reason nobody knows is not
		// told by reason, the refresh is.
		"auth.sdk.collapsed_values": {"sdk.attribute=error.type": 1},
	} {
		g.want(name, want)
	}

	ms := g.metrics()
	for _, name := range []string{"auth.credential.last_rotation.timestamp", "auth.keyset.last_success.timestamp"} {
		for l, v := range points(ms[name]) {
			if v < before || v > before+3600 {
				t.Errorf("%s{%s} = %v, want about now", name, l, v)
			}
		}
	}
	for _, m := range semconv.Metrics() {
		if strings.HasPrefix(m.Name, "auth.sdk.export.") || strings.HasPrefix(m.Name, "auth.sdk.pipeline.") {
			continue // the exporters' own
		}
		if _, ok := ms[m.Name]; !ok {
			t.Errorf("%s: no call recorded it", m.Name)
		}
	}
}

func TestEveryPointKeepsToTheRegistry(t *testing.T) {
	g := everything(t)
	for name, m := range g.metrics() {
		def, ok := semconv.LookupMetric(name)
		if !ok {
			t.Errorf("%s is not in the registry", name)
			continue
		}
		if m.Unit != def.Unit || m.Description != def.Description {
			t.Errorf("%s: unit %q, description %q", name, m.Unit, m.Description)
		}
		known := map[string]bool{}
		for _, a := range def.Attributes {
			known[string(a.Key)] = true
		}
		for _, set := range sets(m) {
			for _, kv := range set.ToSlice() {
				if !known[string(kv.Key)] {
					t.Errorf("%s has the attribute %s, which the registry does not give it", name, kv.Key)
				}
			}
			for _, a := range def.Attributes {
				if a.Level == semconv.LevelRequired && !set.HasValue(a.Key) {
					t.Errorf("%s{%s} lacks the required %s", name, label(set), a.Key)
				}
			}
		}
		if s, ok := m.Data.(metricdata.Sum[int64]); ok && s.IsMonotonic != (def.Instrument == semconv.KindCounter) {
			t.Errorf("%s: monotonic %v for a %v", name, s.IsMonotonic, def.Instrument)
		}
	}
}

func TestNilDoesNothing(t *testing.T) {
	var rec *Recorder
	api := rec.Service("api")
	api.Register(ctx)
	api.Deregister(ctx)
	api.SetState(semconv.ServiceStateHealthy)
	api.Authentication(semconv.MethodPassword, Provider("x")).Start().End(ctx, nil)
	api.TokenVerification(semconv.TokenTypeAccess).Record(ctx, 1, nil)
	api.TokenVerification(semconv.TokenTypeAccess).Count(ctx, nil)
	var err error
	api.Authentication(semconv.MethodPassword).Start().Done(ctx, &err)
	api.TokenOperations(semconv.TokenTypeAccess).Count(ctx, semconv.TokenOperationIssue, nil)
	api.Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
	api.Sessions().Adjust(ctx, 1)
	api.MFA(semconv.MFAFactorTOTP).Challenged(ctx)
	api.MFA(semconv.MFAFactorTOTP).Answered(ctx, nil)
	api.Authorization(semconv.EnforcementEnforced).Start().End(ctx, semconv.DecisionAllow)
	api.Authorization(semconv.EnforcementEnforced).Record(ctx, 1, semconv.DecisionAllow)
	api.Authorization(semconv.EnforcementEnforced).Count(ctx, semconv.DecisionAllow)
	api.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeAllowed)
	api.RateLimit("minute").Usage(ctx, 1, 2)
	api.RateLimitUsage(ctx, Usage{"minute", 1, 2})
	api.Credential(semconv.CredentialTypeAPIKey).Rotated(ctx, semconv.RotationTriggerManual, nil)
	api.Credential(semconv.CredentialTypeAPIKey).Expires(ctx, time.Now())
	api.KeySet().Refreshed(ctx, nil)
	api.Cache("x").Lookup(ctx, semconv.CacheOutcomeHit)
	api.Anomalies().Detected(ctx, semconv.AnomalyKindBruteForce, semconv.AnomalySeverityLow)
	rec.Detector().Dropped(ctx, 1)
	rec.Detector().Evicted(ctx, semconv.AnomalyTableSource, 1)
	rec.Detector().TrackedKeys(ctx, semconv.AnomalyTableSource, 1)
	if err := rec.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown of a nil Recorder: %v", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

func (g *rig) wantActive(want float64) {
	g.t.Helper()
	if got := g.values("auth.service.active")[""]; got != want {
		g.t.Errorf("%v services active, want %v", got, want)
	}
}

func TestActiveFallsWhenAServiceIsSilent(t *testing.T) {
	g := newRig(t, WithServices("a", "b"), WithActivityWindow(time.Minute))
	g.wantActive(0)
	g.rec.Service("a").KeySet().Refreshed(ctx, nil)
	g.rec.Service("b").KeySet().Refreshed(ctx, nil)
	g.wantActive(2)
	g.clock += 40 * time.Second
	g.rec.Service("b").KeySet().Refreshed(ctx, nil)
	g.wantActive(2)
	g.clock += 30 * time.Second
	g.wantActive(1)
	g.clock += time.Hour
	g.wantActive(0)
	g.rec.Service("a").KeySet().Refreshed(ctx, nil)
	g.wantActive(1)
}

func TestRegisterAndDeregister(t *testing.T) {
	g := newRig(t, WithServices("a", "b"))
	a, b := g.rec.Service("a"), g.rec.Service("b")
	a.Register(ctx)
	a.Register(ctx) // again changes nothing
	b.Register(ctx)
	b.Deregister(ctx)
	b.Deregister(ctx)
	g.want("auth.service.registered", map[string]float64{"": 1})
	g.want("auth.service.registrations", map[string]float64{
		"registration.event=register service.name=a":   1,
		"registration.event=register service.name=b":   1,
		"registration.event=deregister service.name=b": 1,
	})
	g.wantActive(1)
	g.want("auth.service.status", map[string]float64{"service.name=a service.state=unknown": 1})

	a.SetState(semconv.ServiceStateDegraded)
	got := g.values("auth.service.status")
	if len(got) != 4 || got["service.name=a service.state=degraded"] != 1 || got["service.name=a service.state=healthy"] != 0 {
		t.Errorf("states %v, want degraded at 1 and three at 0", got)
	}
	a.SetState(99)
	g.want("auth.service.status", map[string]float64{"service.name=a service.state=_OTHER": 1})

	a.Deregister(ctx)
	g.wantActive(0)
	if got := g.values("auth.service.status"); len(got) != 0 {
		t.Errorf("states %v after all are gone", got)
	}
	g.want("auth.service.registered", map[string]float64{})
	a.Register(ctx)
	g.want("auth.service.registered", map[string]float64{"": 1})
}

func TestHandlesAreKept(t *testing.T) {
	g := newRig(t, WithServices("api"), WithAllowed(semconv.TenantKey, "x"))
	api := g.rec.Service("api")
	for name, bind := range map[string]func() any{
		"service":   func() any { return g.rec.Service("api") },
		"method":    func() any { return api.Authentication(semconv.MethodJWT) },
		"labelled":  func() any { return api.Authentication(semconv.MethodJWT, Tenant("x")) },
		"sessions":  func() any { return api.Sessions() },
		"limit":     func() any { return api.RateLimit("minute") },
		"policy":    func() any { return api.Authorization(semconv.EnforcementShadow) },
		"operation": func() any { return api.TokenOperations(semconv.TokenTypeAccess) },
	} {
		if first, second := bind(), bind(); first != second {
			t.Errorf("%s: another handle the second time", name)
		}
	}
	if api.Authentication(semconv.MethodJWT, Tenant("x")) == api.Authentication(semconv.MethodJWT) {
		t.Error("a label makes no difference")
	}
}

func TestValuesOutsideTheirEnumsCollapse(t *testing.T) {
	g := newRig(t, WithServices("api"))
	api := g.rec.Service("api")
	api.Authentication(99).Count(ctx, nil)
	api.TokenVerification(99).Count(ctx, nil)
	api.TokenOperations(99).Count(ctx, 99, nil)
	api.Sessions().Count(ctx, 99, nil)
	api.MFA(99).Challenged(ctx)
	api.Authorization(99).Count(ctx, 99)
	api.Authorization(semconv.EnforcementEnforced, Policy("from the request")).Count(ctx, semconv.DecisionAllow)
	api.RateLimit("from the request").Check(ctx, 99)
	api.Credential(99).Rotated(ctx, 99, nil)
	api.Cache("from the request").Lookup(ctx, 99)
	api.Anomalies().Detected(ctx, 99, 99)
	g.rec.Detector().Evicted(ctx, 99, 1)
	g.want("auth.sdk.collapsed_values", map[string]float64{
		"sdk.attribute=auth.method":             1,
		"sdk.attribute=auth.token.type":         2,
		"sdk.attribute=auth.token.operation":    1,
		"sdk.attribute=auth.session.operation":  1,
		"sdk.attribute=auth.mfa.factor":         1,
		"sdk.attribute=auth.enforcement":        1,
		"sdk.attribute=auth.decision":           1,
		"sdk.attribute=auth.policy":             1,
		"sdk.attribute=auth.rate_limit.type":    1,
		"sdk.attribute=auth.rate_limit.outcome": 1,
		"sdk.attribute=auth.credential.type":    1,
		"sdk.attribute=auth.rotation.trigger":   1,
		"sdk.attribute=auth.cache.name":         1,
		"sdk.attribute=auth.cache.outcome":      1,
		"sdk.attribute=auth.anomaly.kind":       1,
		"sdk.attribute=auth.anomaly.severity":   1,
		"sdk.attribute=auth.anomaly.table":      1,
	})
	for name, m := range g.metrics() {
		for _, set := range sets(m) {
			for _, kv := range set.ToSlice() {
				if kv.Value.AsString() == "from the request" {
					t.Errorf("%s{%s} holds a caller's string", name, label(set))
				}
			}
		}
	}
}

func TestRateLimitUsageRefusesNegativeNumbers(t *testing.T) {
	g := newRig(t, WithServices("api"))
	g.rec.Service("api").RateLimitUsage(ctx, Usage{"minute", -1, 60}, Usage{"hour", 5, -1})
	g.want("auth.rate_limit.usage", map[string]float64{"rate_limit.type=hour service.name=api": 5})
	g.want("auth.rate_limit.limit", map[string]float64{"rate_limit.type=minute service.name=api": 60})
	g.want("auth.sdk.rejected_measurements", map[string]float64{"sdk.rejection=negative": 2})
}

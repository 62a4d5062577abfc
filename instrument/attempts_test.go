// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/semconv"
)

var ctx = context.Background()

func TestAttemptsCountsAndTimesByOutcome(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)

	for _, err := range []error{
		nil, nil,
		Failure(semconv.ReasonInvalidCredentials),
		Failure(semconv.ReasonLocked),
		Error(semconv.ErrorTypeTimeout),
		ErrNoCredential,
		ErrBypassed,
		errors.New("nobody knows"),
	} {
		a := h.Start()
		g.clock += 30 * time.Millisecond
		a.End(ctx, err)
	}

	const p = "method=password "
	g.want("auth.authentication.attempts", map[string]float64{
		p + "result=success service.name=api":                                         2,
		"failure.reason=invalid_credentials " + p + "result=failure service.name=api": 1,
		"failure.reason=locked " + p + "result=failure service.name=api":              1,
		"failure.reason=_OTHER " + p + "result=failure service.name=api":              1,
		p + "result=error service.name=api error.type=timeout":                        1,
		p + "result=none service.name=api":                                            1,
		p + "result=bypassed service.name=api":                                        1,
	})
	g.want("auth.authentication.duration", map[string]float64{
		p + "result=success service.name=api":  2,
		p + "result=failure service.name=api":  3,
		p + "result=error service.name=api":    1,
		p + "result=none service.name=api":     1,
		p + "result=bypassed service.name=api": 1,
	})
	g.want("auth.sdk.collapsed_values", map[string]float64{"sdk.attribute=auth.failure.reason": 1})

	d := g.metrics()["auth.authentication.duration"].Data.(metricdata.Histogram[float64])
	m, _ := semconv.LookupMetric("auth.authentication.duration")
	for _, p := range d.DataPoints {
		if got, want := p.Sum, 0.03*float64(p.Count); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s: sum %v s, want %v s", label(p.Attributes), got, want)
		}
		if len(p.Bounds) != len(m.Buckets) {
			t.Errorf("bounds %v, want the registry's %v without any view", p.Bounds, m.Buckets)
		}
	}
}

func TestBoundCountersExistAtZero(t *testing.T) {
	g := newRig(t, WithServices("api"))
	g.rec.Service("api").Authentication(semconv.MethodPassword)
	got := g.values("auth.authentication.attempts")
	for _, r := range semconv.MethodPassword.Reasons() {
		key := "failure.reason=" + r.String() + " method=password result=failure service.name=api"
		if v, ok := got[key]; !ok || v != 0 {
			t.Errorf("{%s}: %v, %v; want 0 from the start", key, v, ok)
		}
	}
	if _, ok := got["method=password result=success service.name=api"]; !ok {
		t.Error("no success at zero")
	}
}

func TestTokenVerification(t *testing.T) {
	g := newRig(t, WithServices("api"), WithAllowed(semconv.ProviderKey, "corp"))
	h := g.rec.Service("api").TokenVerification(semconv.TokenTypeAccess, Provider("corp"), Tenant("x\ny"))
	h.Record(ctx, 2*time.Millisecond, nil)
	h.Record(ctx, time.Millisecond, Failure(semconv.ReasonExpired))
	g.want("auth.token.verifications", map[string]float64{
		"provider=corp result=success service.name=api tenant=_OTHER token.type=access":                        1,
		"failure.reason=expired provider=corp result=failure service.name=api tenant=_OTHER token.type=access": 1,
	})
	g.want("auth.token.verification.duration", map[string]float64{
		"provider=corp result=success service.name=api tenant=_OTHER token.type=access": 1,
		"provider=corp result=failure service.name=api tenant=_OTHER token.type=access": 1,
	})
	g.want("auth.sdk.collapsed_values", map[string]float64{"sdk.attribute=auth.tenant": 1})
}

func TestNegativeDurationIsRefusedAndTheAttemptCounted(t *testing.T) {
	g := newRig(t, WithServices("api"))
	g.rec.Service("api").Authentication(semconv.MethodJWT).Record(ctx, -time.Second, nil)
	g.want("auth.authentication.attempts", map[string]float64{"method=jwt result=success service.name=api": 1})
	g.want("auth.authentication.duration", map[string]float64{})
	g.want("auth.sdk.rejected_measurements", map[string]float64{"sdk.rejection=negative": 1})
}

func TestDone(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	login := func(outcome error, p any) (err error) {
		defer h.Start().Done(ctx, &err)
		if p != nil {
			panic(p)
		}
		return outcome
	}
	if err := login(nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := login(Failure(semconv.ReasonLocked), nil); err == nil {
		t.Fatal("Done took the error away")
	}
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v, want the login's own panic", p)
			}
		}()
		_ = login(nil, "boom")
	}()
	func() {
		defer h.Start().Done(ctx, nil)
	}()
	g.want("auth.authentication.attempts", map[string]float64{
		"method=password result=success service.name=api":                       2,
		"failure.reason=locked method=password result=failure service.name=api": 1,
		"method=password result=error service.name=api error.type=internal":     1,
	})
}

func TestRecordingAllocatesNothing(t *testing.T) {
	g := newRig(t, WithServices("api"))
	g.rec.now = monotonic
	api := g.rec.Service("api")
	logins := api.Authentication(semconv.MethodPassword)
	wrapped := WithReason(errors.New("x"), semconv.ReasonLocked)
	for name, f := range map[string]func(){
		"success":  func() { logins.Start().End(ctx, nil) },
		"failure":  func() { logins.Start().End(ctx, Failure(semconv.ReasonInvalidCredentials)) },
		"wrapped":  func() { logins.Count(ctx, wrapped) },
		"deferred": func() { _ = deferred(logins) },
		"rebound":  func() { g.rec.Service("api").Authentication(semconv.MethodPassword).Count(ctx, nil) },
		"stranger": func() { g.rec.Service("stranger").Authentication(semconv.MethodPassword).Count(ctx, nil) },
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

func deferred(h *Attempts) (err error) {
	defer h.Start().Done(ctx, &err)
	return Failure(semconv.ReasonExpired)
}

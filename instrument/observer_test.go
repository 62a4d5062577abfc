// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// witness keeps what it was told.
type witness struct {
	mu   sync.Mutex
	seen []Event
}

func (w *witness) Observe(_ context.Context, e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, e)
}

func TestObserverSeesEveryOperation(t *testing.T) {
	var w witness
	g := newRig(t, WithServices("api"), WithObserver(&w))
	svc := g.rec.Service("api")
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	caller := Caller{Source: netip.MustParseAddr("192.0.2.1"), Subject: "alice", Session: "s1", Time: at}
	ctx := WithCaller(ctx, caller)

	svc.Authentication(semconv.MethodPassword).Record(ctx, time.Second, Failure(semconv.ReasonLocked))
	svc.Authentication(semconv.MethodJWT, Provider("x")).Count(ctx, nil)
	svc.TokenVerification(semconv.TokenTypeRefresh).Record(ctx, -1, Failure(semconv.ReasonReplayed))
	svc.TokenOperations(semconv.TokenTypeAccess).Count(ctx, semconv.TokenOperationIssue, nil)
	svc.Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
	svc.MFA(semconv.MFAFactorTOTP).Challenged(ctx)
	svc.MFA(semconv.MFAFactorTOTP).Answered(ctx, Failure(semconv.ReasonMFAFailed))
	svc.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeLimited)
	svc.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeAllowed)
	svc.Authorization(semconv.EnforcementEnforced).Count(ctx, semconv.DecisionDeny) // says nothing of a credential
	svc.MFA(semconv.MFAFactorTOTP).Answered(ctx, Error(semconv.ErrorTypeTimeout))

	success := Outcome{Result: semconv.ResultSuccess}
	failure := func(r semconv.Reason) Outcome { return Outcome{Result: semconv.ResultFailure, Reason: r} }
	want := []Event{
		{Method: semconv.MethodPassword, Outcome: failure(semconv.ReasonLocked), Duration: time.Second, Timed: true},
		{Method: semconv.MethodJWT, Outcome: success},
		{Operation: OperationTokenVerification, TokenType: semconv.TokenTypeRefresh, Outcome: failure(semconv.ReasonReplayed)},
		{Operation: OperationToken, TokenType: semconv.TokenTypeAccess, TokenOperation: semconv.TokenOperationIssue, Outcome: success},
		{Operation: OperationSession, SessionOperation: semconv.SessionOperationCreate, Outcome: success},
		{Operation: OperationMFAChallenge, Factor: semconv.MFAFactorTOTP, Outcome: success},
		{Operation: OperationMFAAnswer, Factor: semconv.MFAFactorTOTP, Outcome: failure(semconv.ReasonMFAFailed)},
		{Operation: OperationRateLimit, RateLimit: semconv.RateLimitOutcomeLimited, Outcome: failure(semconv.ReasonRateLimited)},
		{Operation: OperationRateLimit, RateLimit: semconv.RateLimitOutcomeAllowed, Outcome: success},
		{Operation: OperationMFAAnswer, Factor: semconv.MFAFactorTOTP, Outcome: Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorTypeTimeout}},
	}
	if len(w.seen) != len(want) {
		t.Fatalf("%d events, want %d", len(w.seen), len(want))
	}
	for i, e := range want {
		e.Service, e.Time, e.Caller = "api", at, caller
		if w.seen[i] != e {
			t.Errorf("event %d:\n got %+v\nwant %+v", i, w.seen[i], e)
		}
	}
}

func TestObserverWithoutACaller(t *testing.T) {
	var w witness
	g := newRig(t, WithObserver(&w))
	before := time.Now()
	g.rec.Service("stranger").Authentication(semconv.MethodPassword).Count(ctx, nil)
	e := w.seen[0]
	if e.Service != semconv.Other || e.Caller != (Caller{}) || e.Time.Before(before) {
		t.Errorf("got %+v", e)
	}
}

func TestIdentifyReachesTheMiddlewareOutside(t *testing.T) {
	var w witness
	g := newRig(t, WithServices("api"), WithObserver(&w))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	addr := netip.MustParseAddr("2001:db8::1")
	outer := WithSource(ctx, addr)
	inner, p := NewPending(outer, h)
	if WithSource(inner, netip.MustParseAddr("192.0.2.9")) != inner {
		t.Error("a source further in took the place of the one outside")
	}
	Identify(inner, "alice", "")
	Identify(inner, "", "s1")
	Identify(context.Background(), "mallory", "")
	p.End(nil)
	if got, want := w.seen[0].Caller, (Caller{Source: addr, Subject: "alice", Session: "s1"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestIdentifyConcurrently(t *testing.T) {
	c := WithCaller(ctx, Caller{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { Identify(c, "alice", "") })
		wg.Go(func() { Identify(c, "", "s") })
	}
	wg.Wait()
	if got := callerIn(c); got.Subject != "alice" || got.Session != "s" {
		t.Errorf("got %+v", got)
	}
}

type panicking struct{}

func (panicking) Observe(context.Context, Event) { panic("secret") }

func TestObserverThatPanics(t *testing.T) {
	said := reports(t)
	var w witness
	g := newRig(t, WithServices("api"), WithObserver(panicking{}), WithObserver(&w))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	h.Count(ctx, nil)
	h.Count(ctx, nil)
	if len(w.seen) != 2 {
		t.Errorf("the observer after it saw %d events, want 2", len(w.seen))
	}
	if errs := said(); len(errs) != 1 || errs[0].Error() != "otelauth: an observer panics: string" {
		t.Errorf("said %v, want it once and without the text", errs)
	}
}

func TestNilObserver(t *testing.T) {
	if _, err := New(WithObserver(nil)); err == nil {
		t.Error("no error")
	}
}

func TestObserved(t *testing.T) {
	for _, on := range []bool{false, true} {
		var opts []Option
		if on {
			opts = append(opts, WithObserver(&witness{}))
		}
		svc := newRig(t, append(opts, WithServices("api"))...).rec.Service("api")
		for name, h := range map[string]Handle{
			"attempts":   svc.Authentication(semconv.MethodPassword),
			"rate limit": svc.RateLimit("minute"),
			"tokens":     svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue),
		} {
			if Observed(h) != on {
				t.Errorf("%s: observed %v, want %v", name, !on, on)
			}
		}
		if Observed(svc.Authorization(semconv.EnforcementEnforced)) || svc.Observed() != on {
			t.Error("decisions are observed, or the service is not")
		}
	}
	var none *Attempts
	if Observed(nil) || Observed(none) || (*Service)(nil).Observed() {
		t.Error("nothing is observed")
	}
}

// blind is an observer that costs nothing.
type blind struct{}

func (blind) Observe(context.Context, Event) {}

func TestObservingAllocatesNothing(t *testing.T) {
	known := WithCaller(ctx, Caller{Source: netip.MustParseAddr("192.0.2.1"), Subject: "alice"})
	for name, opts := range map[string][]Option{
		"without an observer": {WithServices("api")},
		"with one":            {WithServices("api"), WithObserver(blind{})},
	} {
		g := newRig(t, opts...)
		svc := g.rec.Service("api")
		h, m, l := svc.Authentication(semconv.MethodPassword), svc.MFA(semconv.MFAFactorTOTP), svc.RateLimit("minute")
		if n := testing.AllocsPerRun(100, func() {
			h.Record(known, time.Millisecond, Failure(semconv.ReasonInvalidCredentials))
			m.Challenged(known)
			l.Check(known, semconv.RateLimitOutcomeLimited)
		}); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

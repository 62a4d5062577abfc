// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

// A reverse proxy's request goes on long after its caller is known, and what comes
// of it then is no matter of the login.
func TestAuthenticated(t *testing.T) {
	const rest = " service.name=api token.type=access"
	for name, tt := range map[string]struct {
		before func(p *Pending)
		err    error // what the check came to
		after  error // what the request came to
		want   string
	}{
		"let in, then the service is down": {nil, nil, Error(semconv.ErrorTypeUnavailable), "result=success" + rest},
		"let in, then denied":              {nil, nil, Failure(semconv.ReasonPolicyDenied), "result=success" + rest},
		"refused by a library":             {nil, errLibrary, nil, "failure.reason=expired result=failure" + rest},
		"the provider is down":             {nil, Error(semconv.ErrorTypeTimeout), Failure(semconv.ReasonInvalidCredentials), order("result=error error.type=timeout")},
		"no credential":                    {nil, ErrNoCredential, nil, "result=none" + rest},
		"Fail before it is overruled":      {func(p *Pending) { Fail(&p.ctx, semconv.ReasonLocked) }, nil, nil, "result=success" + rest},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, WithServices("api"), WithErrorMapper(func(err error) error {
				if errors.Is(err, errLibrary) {
					return Failure(semconv.ReasonExpired)
				}
				return nil
			}))
			h := g.rec.Service("api").TokenVerification(semconv.TokenTypeAccess)
			access := g.rec.Service("api").Authorization(semconv.EnforcementEnforced)
			outer, decision := NewPending(t.Context(), access)
			ctx, p := NewPending(outer, h)
			if tt.before != nil {
				tt.before(p)
			}
			Authenticated(ctx, tt.err)
			Authenticated(ctx, Failure(semconv.ReasonReplayed)) // too late
			p.End(tt.after)
			p.End(tt.after)
			if v := g.values("auth.authorization.decisions"); v["decision=allow enforcement=enforced service.name=api"] != 0 {
				t.Error("the decision was recorded with it")
			}
			decision.End(nil)
			g.want("auth.token.verifications", map[string]float64{tt.want: 1})
			g.want("auth.authorization.decisions", map[string]float64{"decision=allow enforcement=enforced service.name=api": 1})
			var n float64
			for _, v := range g.values("auth.token.verification.duration") {
				n += v
			}
			if n != 1 {
				t.Errorf("%v durations, want 1", n)
			}
		})
	}
}

func TestAuthorized(t *testing.T) {
	g := newRig(t, WithServices("api"))
	svc := g.rec.Service("api")
	outer, attempt := NewPending(t.Context(), svc.Authentication(semconv.MethodJWT))
	ctx, decision := NewPending(outer, svc.Authorization(semconv.EnforcementEnforced))
	Authorized(ctx, semconv.DecisionAllow)
	Authorized(ctx, semconv.DecisionDeny) // too late
	decision.End(Error(semconv.ErrorTypeUnavailable))
	attempt.End(Error(semconv.ErrorTypeUnavailable))
	g.want("auth.authorization.decisions", map[string]float64{"decision=allow enforcement=enforced service.name=api": 1})
	g.want("auth.authorization.duration", map[string]float64{"decision=allow enforcement=enforced service.name=api": 1})
	g.want("auth.authentication.attempts", map[string]float64{"method=jwt result=error service.name=api error.type=unavailable": 1})
}

func TestSettledWithoutAMiddleware(t *testing.T) {
	Authenticated(t.Context(), nil)
	Authorized(t.Context(), semconv.DecisionAllow)
	Authenticated(nil, nil)                //nolint:staticcheck // a nil context must not stop a login
	Authorized(nil, semconv.DecisionAllow) //nolint:staticcheck // nor this
	ctx, p := NewPending(t.Context(), (*Attempts)(nil))
	Authenticated(ctx, nil)
	p.End(nil)
}

func TestEnabled(t *testing.T) {
	svc := newRig(t, WithServices("api")).rec.Service("api")
	var none *Service
	for _, h := range []Handle{nil, none.Authentication(0), none.Authorization(0), none.RateLimit(""), none.TokenOperations(0).Operation(0)} {
		if Enabled(h) {
			t.Errorf("%T is enabled", h)
		}
	}
	for _, h := range []Handle{
		svc.Authentication(semconv.MethodJWT), svc.Authorization(semconv.EnforcementShadow), svc.RateLimit("burst"),
		svc.TokenOperations(semconv.TokenTypeID).Operation(semconv.TokenOperationIssue),
	} {
		if !Enabled(h) {
			t.Errorf("%T is not enabled", h)
		}
	}
}

func TestAuthenticatedConcurrentSafe(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	const requests = 50
	for range requests {
		ctx, p := NewPending(t.Context(), h)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { Authenticated(ctx, nil) })
			all.Go(func() { Fail(ctx, semconv.ReasonLocked) })
			all.Go(func() { p.End(nil) })
		}
		all.Wait()
	}
	g.want("auth.authentication.attempts", map[string]float64{"method=password result=success service.name=api": requests})
}

func TestOutcomeForTheCaller(t *testing.T) {
	g := newRig(t, WithServices("api"), WithErrorMapper(func(err error) error {
		if errors.Is(err, errLibrary) {
			return Failure(semconv.ReasonExpired)
		}
		return nil
	}))
	api := g.rec.Service("api")
	ofServer := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	jwt, mtls := api.Authentication(semconv.MethodJWT), api.Authentication(semconv.MethodMTLS)
	for _, tt := range []struct {
		on   *Attempts
		err  error
		want Outcome
	}{
		{jwt, nil, Outcome{Result: semconv.ResultSuccess}},
		{jwt, errLibrary, Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonExpired}},
		{jwt, Error(semconv.ErrorTypeDNS), Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorTypeDNS}},
		{jwt, ofServer, Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorTypeTLS}},
		{mtls, ofServer, Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonUnknownKey}},
		{nil, errLibrary, Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonOther}},
		{nil, ErrBypassed, Outcome{Result: semconv.ResultBypassed}},
	} {
		if got := tt.on.Outcome(tt.err); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.err, got, tt.want)
		}
	}
	g.want("auth.authentication.attempts", map[string]float64{})
}

// Trouble of ours has no reason, and must not be taken for a refusal.
func TestOnlyRefusalsAreReasoners(t *testing.T) {
	for _, err := range []error{Error(semconv.ErrorTypeDNS), ErrNoCredential, ErrBypassed} {
		var r Reasoner
		if errors.As(err, &r) {
			t.Errorf("%v gives the reason %v", err, r.AuthReason())
		}
	}
	var r Reasoner
	if !errors.As(Failure(semconv.ReasonLocked), &r) || r.AuthReason() != semconv.ReasonLocked {
		t.Errorf("a failure's reason is %v", r)
	}
}

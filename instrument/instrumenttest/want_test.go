// SPDX-License-Identifier: Apache-2.0

package instrumenttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// Each assertion holds for what was recorded, fails for another number, and fails
// for every neighbour: another outcome, another thing.
func TestAssertions(t *testing.T) {
	for name, c := range map[string]struct {
		record func(*instrument.Service)
		right  func(*instrumenttest.Got, int64)
		wrong  []func(*instrumenttest.Got)
	}{
		"attempts": {
			func(s *instrument.Service) { s.Authentication(semconv.MethodPassword).Count(ctx, refused) },
			func(g *instrumenttest.Got, n int64) { g.WantAttempts(n, semconv.MethodPassword, refused) },
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodPassword, locked) },
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodPassword, nil) },
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodPassword, down) },
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodPassword, instrument.ErrNoCredential) },
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodOIDC, refused) },
				func(g *instrumenttest.Got) {
					g.WantAttempts(1, semconv.MethodPassword, refused, semconv.ProviderKey.String("idp"))
				},
				func(g *instrumenttest.Got) { g.WantTokenVerifications(1, semconv.TokenTypeAccess, refused) },
			},
		},
		"attempts without a credential": {
			func(s *instrument.Service) {
				s.Authentication(semconv.MethodAPIKey).Count(ctx, instrument.ErrNoCredential)
			},
			func(g *instrumenttest.Got, n int64) {
				g.WantAttempts(n, semconv.MethodAPIKey, instrument.ErrNoCredential)
			},
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantAttempts(1, semconv.MethodAPIKey, instrument.ErrBypassed) },
			},
		},
		"token verifications": {
			func(s *instrument.Service) {
				s.TokenVerification(semconv.TokenTypeAccess).Record(ctx, time.Second, down)
			},
			func(g *instrumenttest.Got, n int64) { g.WantTokenVerifications(n, semconv.TokenTypeAccess, down) },
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantTokenVerifications(1, semconv.TokenTypeID, down) },
				func(g *instrumenttest.Got) {
					g.WantTokenVerifications(1, semconv.TokenTypeAccess, instrument.Error(semconv.ErrorTypeTLS))
				},
			},
		},
		"token operations": {
			func(s *instrument.Service) {
				s.TokenOperations(semconv.TokenTypeRefresh).Count(ctx, semconv.TokenOperationIssue, locked)
			},
			func(g *instrumenttest.Got, n int64) {
				g.WantTokenOperations(n, semconv.TokenTypeRefresh, semconv.TokenOperationIssue, refused)
			},
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) {
					g.WantTokenOperations(1, semconv.TokenTypeRefresh, semconv.TokenOperationRevoke, refused)
				},
				func(g *instrumenttest.Got) {
					g.WantTokenOperations(1, semconv.TokenTypeRefresh, semconv.TokenOperationIssue, nil)
				},
			},
		},
		"session operations": {
			func(s *instrument.Service) { s.Sessions().Count(ctx, semconv.SessionOperationEnd, refused) },
			func(g *instrumenttest.Got, n int64) {
				g.WantSessionOperations(n, semconv.SessionOperationEnd, refused)
			},
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantSessionOperations(1, semconv.SessionOperationCreate, refused) },
				func(g *instrumenttest.Got) { g.WantSessionOperations(1, semconv.SessionOperationEnd, down) },
			},
		},
		"MFA challenges": {
			func(s *instrument.Service) { s.MFA(semconv.MFAFactorTOTP).Challenged(ctx) },
			func(g *instrumenttest.Got, n int64) { g.WantMFAChallenges(n, semconv.MFAFactorTOTP) },
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantMFAChallenges(1, semconv.MFAFactorSMS) },
				func(g *instrumenttest.Got) { g.WantMFA(1, semconv.MFAFactorTOTP, nil) },
			},
		},
		"MFA": {
			func(s *instrument.Service) { s.MFA(semconv.MFAFactorTOTP).Answered(ctx, nil) },
			func(g *instrumenttest.Got, n int64) { g.WantMFA(n, semconv.MFAFactorTOTP, nil) },
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantMFA(1, semconv.MFAFactorTOTP, refused) },
			},
		},
		"authorization": {
			func(s *instrument.Service) {
				s.Authorization(semconv.EnforcementEnforced).Record(ctx, time.Second, semconv.DecisionDeny)
			},
			func(g *instrumenttest.Got, n int64) {
				g.WantAuthorizations(n, semconv.EnforcementEnforced, semconv.DecisionDeny)
			},
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) {
					g.WantAuthorizations(1, semconv.EnforcementEnforced, semconv.DecisionAllow)
				},
				func(g *instrumenttest.Got) {
					g.WantAuthorizations(1, semconv.EnforcementShadow, semconv.DecisionDeny)
				},
			},
		},
		"rate limit": {
			func(s *instrument.Service) { s.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeLimited) },
			func(g *instrumenttest.Got, n int64) {
				g.WantRateLimitChecks(n, "minute", semconv.RateLimitOutcomeLimited)
			},
			[]func(*instrumenttest.Got){
				func(g *instrumenttest.Got) { g.WantRateLimitChecks(1, "hour", semconv.RateLimitOutcomeLimited) },
				func(g *instrumenttest.Got) { g.WantRateLimitChecks(1, "minute", semconv.RateLimitOutcomeAllowed) },
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got, f := fake()
			for _, service := range []string{"api", "billing"} {
				c.record(rec.Service(service))
			}
			for i, wrong := range c.wrong {
				if wrong(got); f.take() == "" {
					t.Errorf("wrong %d passed", i)
				}
				wrong(got.Service("api"))
				if f.take() == "" {
					t.Errorf("wrong %d of one service passed", i)
				}
			}
			if got.WantNothingElse(); f.take() == "" {
				t.Error("WantNothingElse passed before what was recorded was asserted")
			}
			c.right(got.Service("api"), 1)
			c.right(got.Service("elsewhere"), 0)
			said(t, f, "")
			got.Service("api").WantNothingElse()
			said(t, f, "")
			if got.WantNothingElse(); f.take() == "" {
				t.Error("WantNothingElse passed for billing")
			}
			c.right(got, 2)
			got.WantNothingElse()
			said(t, f, "")
			for _, n := range []int64{0, 1, 3} {
				if c.right(got, n); f.take() == "" {
					t.Errorf("%d passed for 2", n)
				}
			}
		})
	}
}

func TestFailuresShowWhatThereIs(t *testing.T) {
	rec, got, f := fake()
	got.WantAttempts(1, semconv.MethodPassword, refused)
	said(t, f, "auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=password auth.result=failure}: got 0, want 1\n"+
		"nothing at all was recorded")

	api := rec.Service("api")
	api.Authentication(semconv.MethodPassword).Record(ctx, time.Second, locked)
	api.Authentication(semconv.MethodOIDC).Count(ctx, refused)
	api.TokenVerification(semconv.TokenTypeAccess).Count(ctx, nil)
	got.WantAttempts(1, semconv.MethodPassword, refused)
	said(t, f, `auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=password auth.result=failure}: got 0, want 1
nearest:
	1  auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=oidc auth.result=failure auth.service.name=api}
	1  auth.authentication.attempts{auth.failure.reason=locked auth.method=password auth.result=failure auth.service.name=api}
	1  auth.token.verifications{auth.result=success auth.service.name=api auth.token.type=access}`)

	got.WantAttempts(2, semconv.MethodOIDC, refused)
	said(t, f, `auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=oidc auth.result=failure}: got 1, want 2
got:
	1  auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=oidc auth.result=failure auth.service.name=api}
nearest:
	1  auth.authentication.attempts{auth.failure.reason=locked auth.method=password auth.result=failure auth.service.name=api}
	1  auth.token.verifications{auth.result=success auth.service.name=api auth.token.type=access}`)

	got.WantNothingElse()
	said(t, f, `recorded, but not wanted:
	1  auth.authentication.attempts{auth.failure.reason=locked auth.method=password auth.result=failure auth.service.name=api}
	1  auth.token.verifications{auth.result=success auth.service.name=api auth.token.type=access}`)
}

func TestTheSameMetricIsNearest(t *testing.T) {
	rec, got, f := fake()
	rec.Service("web").Authentication(semconv.MethodOIDC).Count(ctx, nil)
	rec.Service("api").TokenVerification(semconv.TokenTypeAccess).Count(ctx, locked)
	got.Service("api").WantAttempts(1, semconv.MethodPassword, locked)
	said(t, f, `auth.authentication.attempts{auth.failure.reason=locked auth.method=password auth.result=failure auth.service.name=api}: got 0, want 1
nearest:
	1  auth.authentication.attempts{auth.method=oidc auth.result=success auth.service.name=web}
	1  auth.token.verifications{auth.failure.reason=locked auth.result=failure auth.service.name=api auth.token.type=access}`)
}

func TestNoMoreThanFiveSeriesAreShown(t *testing.T) {
	rec, got, f := fake()
	for m := semconv.Method(1); m < 9; m++ {
		rec.Service("api").Authentication(m).Count(ctx, nil)
	}
	got.Want("auth.authentication.attempts", 1, semconv.MethodKey.String("palmistry"))
	want := "auth.authentication.attempts{auth.method=palmistry}: got 0, want 1\nnearest:"
	lines := 0
	failure := f.take()
	for _, r := range failure {
		if r == '\n' {
			lines++
		}
	}
	if lines != 6 || failure[:len(want)] != want {
		t.Errorf("%s", failure)
	}
}

func TestWant(t *testing.T) {
	rec, got, f := fake()
	api := rec.Service("api")
	api.Register(ctx)
	api.RateLimit("minute").Usage(ctx, 3, 10)
	api.RateLimit("hour").Usage(ctx, 3, 100)
	api.Authentication(semconv.MethodPassword).Record(ctx, time.Second, nil)
	minute := semconv.RateLimitTypeKey.String("minute")

	got.Want("auth.service.registered", 1)
	got.Want("auth.rate_limit.usage", 3, minute)
	got.Want("auth.authentication.duration", 1)
	got.Want("auth.session.active", 0)
	said(t, f, "")

	got.Want("auth.rate_limit.usage", 6)
	said(t, f, `auth.rate_limit.usage: got 2 series of a gauge, whose values do not add up; narrow it by attributes:
	3  auth.rate_limit.usage{auth.rate_limit.type=hour auth.service.name=api}
	3  auth.rate_limit.usage{auth.rate_limit.type=minute auth.service.name=api}`)
	got.Want("auth.authentication.atempts", 0)
	said(t, f, "auth.authentication.atempts: there is no metric of this name")
	got.Service("api").Want("auth.rate_limit.limit", 11, minute)
	if f.take() == "" {
		t.Error("another limit passed")
	}
}

func TestCollapsedAndRejectedAreSomethingElse(t *testing.T) {
	rec, got, f := fake(instrument.WithServiceLimit(0), instrument.WithServices("api"))
	rec.Service("stranger").Authentication(semconv.MethodPassword).Record(ctx, -1, nil)
	got.WantAttempts(1, semconv.MethodPassword, nil)
	got.WantNothingElse()
	said(t, f, `recorded, but not wanted:
	1  auth.sdk.collapsed_values{auth.sdk.attribute=auth.service.name}
	1  auth.sdk.rejected_measurements{auth.sdk.rejection=negative}`)
	got.Want("auth.sdk.collapsed_values", 1)
	got.Want("auth.sdk.rejected_measurements", 1, semconv.SDKRejectionNegative.Attr())
	got.WantNothingElse()
	said(t, f, "")
}

func TestMappersSayWhatIsWanted(t *testing.T) {
	library := errors.New("library: expired")
	rec, got, f := fake(instrument.WithErrorMapper(func(err error) error {
		if errors.Is(err, library) {
			return instrument.Failure(semconv.ReasonExpired)
		}
		return nil
	}))
	rec.Service("api").Authentication(semconv.MethodJWT).Count(ctx, library)
	got.WantAttempts(1, semconv.MethodJWT, fmt.Errorf("x: %w", library))
	got.WantAttempts(1, semconv.MethodJWT, instrument.Failure(semconv.ReasonExpired))
	got.WantAttempts(0, semconv.MethodJWT, context.Canceled)
	said(t, f, "")
}

func TestNewFailsForAnOptionThatIsRefused(t *testing.T) {
	rec, got, f := fake(instrument.WithServiceLimit(-1), nil)
	said(t, f, "instrumenttest.New: WithServiceLimit: -1 is negative")
	rec.Service("api").Sessions().Adjust(ctx, 2)
	got.Want("auth.session.active", 2)
	said(t, f, "")
}

func TestAMeterProviderOfTheOptionsIsIgnored(t *testing.T) {
	other := sdkmetric.NewManualReader()
	rec, got, f := fake(instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(other))))
	rec.Service("api").Sessions().Adjust(ctx, 2)
	got.Want("auth.session.active", 2)
	said(t, f, "")
}

func TestReadAnotherProvider(t *testing.T) {
	f := &fakeT{}
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	rec, err := instrument.New(instrument.WithMeterProvider(mp), instrument.WithServices("api"))
	if err != nil {
		t.Fatal(err)
	}
	got := instrumenttest.Read(f, reader)
	rec.Service("api").Authentication(semconv.MethodPassword).Count(ctx, nil)
	foreign := must(mp.Meter("foreign").Int64Counter("orders"))
	foreign.Add(ctx, 7)
	must(mp.Meter("foreign").Float64Gauge("load")).Record(ctx, 0.5)
	must(mp.Meter("foreign").Int64Histogram("size")).Record(ctx, 5)
	must(mp.Meter("foreign").Float64Counter("cost")).Add(ctx, 1.5)

	got.WantAttempts(1, semconv.MethodPassword, nil)
	got.WantNothingElse() // the orders are not ours
	got.Want("orders", 7)
	got.Want("load", 0.5)
	got.Want("size", 1)
	got.Want("cost", 1.5)
	said(t, f, "")
	got.Want("orders", 8)
	if f.take() == "" {
		t.Error("8 orders passed for 7")
	}

	if err := mp.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	got.WantNothingElse()
	if f.take() == "" {
		t.Error("a reader that was shut down passed")
	}
}

func must[I any](inst I, err error) I {
	if err != nil {
		panic(err)
	}
	return inst
}

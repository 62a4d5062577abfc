// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

func noNews(context.Context) ([]string, error) { return nil, nil }

// TestWalk holds what the whole walk records: these series and no other, and no secret in them.
func TestWalk(t *testing.T) {
	rec, got := instrumenttest.New(t, append(recording(), instrument.WithServiceLimit(0))...)
	wire := newWiretap()
	var out bytes.Buffer
	if err := walkAll(t.Context(), rec, wire, &out, noNews); err != nil {
		t.Fatalf("%v, after\n%s", err, &out)
	}
	down := instrument.Error(semconv.ErrorTypeConnectionRefused)

	p := got.Service("provider")
	p.WantAttempts(4, semconv.MethodPassword, nil)
	p.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonInvalidCredentials))
	p.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonUnknownPrincipal))
	p.WantAttempts(16, semconv.MethodClientSecret, nil)
	p.WantAttempts(1, semconv.MethodClientSecret, instrument.Failure(semconv.ReasonInvalidCredentials))
	for trigger, n := range map[semconv.RotationTrigger]float64{semconv.RotationTriggerManual: 1, semconv.RotationTriggerScheduled: 2} {
		p.Want("auth.credential.rotations", n, semconv.CredentialTypeSigningKey.Attr(), trigger.Attr(), semconv.ResultSuccess.Attr())
	}
	p.WantNothingElse()

	w := got.Service("webapp")
	w.WantAttempts(3, semconv.MethodOIDC, nil)
	w.WantAttempts(1, semconv.MethodOIDC, instrument.Failure(semconv.ReasonBindingMismatch))
	w.WantAttempts(1, semconv.MethodOIDC, instrument.Failure(semconv.ReasonInvalidCredentials))
	w.WantAttempts(1, semconv.MethodOIDC, down)
	w.WantTokenVerifications(3, semconv.TokenTypeID, nil)
	w.Want("auth.keyset.refreshes", 2, semconv.ResultSuccess.Attr()) // the first key, and the next one
	issue, refresh, revoke := semconv.TokenOperationIssue, semconv.TokenOperationRefresh, semconv.TokenOperationRevoke
	w.WantTokenOperations(11, semconv.TokenTypeAccess, issue, nil)
	w.WantTokenOperations(1, semconv.TokenTypeAccess, issue, instrument.Failure(semconv.ReasonInvalidCredentials))
	w.WantTokenOperations(1, semconv.TokenTypeAccess, issue, down)
	w.WantTokenOperations(2, semconv.TokenTypeAccess, refresh, nil)
	w.WantTokenOperations(1, semconv.TokenTypeAccess, refresh, instrument.Failure(semconv.ReasonInvalidCredentials))
	w.WantTokenOperations(1, semconv.TokenTypeAccess, refresh, down)
	w.WantTokenOperations(1, semconv.TokenTypeRefresh, revoke, nil)
	w.WantSessionOperations(3, semconv.SessionOperationCreate, nil)
	w.WantSessionOperations(2, semconv.SessionOperationRenew, nil)
	w.WantSessionOperations(1, semconv.SessionOperationRenew, instrument.Failure(semconv.ReasonInvalidCredentials))
	w.WantSessionOperations(1, semconv.SessionOperationRenew, down)
	w.WantSessionOperations(1, semconv.SessionOperationEnd, nil)
	w.WantSessionOperations(1, semconv.SessionOperationRevoke, nil)
	w.Want("auth.session.active", 1)
	w.WantNothingElse()

	// Whatever library verifies, the outcomes are the same. How often it asks for keys is its own affair: go-oidc
	// does when a signature does not match as well.
	for api, n := range map[string]struct{ user, refreshes int64 }{"orders": {4, 4}, "stock": {0, 3}} {
		a := got.Service(api)
		a.WantTokenVerifications(n.user+5, semconv.TokenTypeAccess, nil)
		a.WantTokenVerifications(1, semconv.TokenTypeAccess, instrument.ErrNoCredential)
		a.WantTokenVerifications(1, semconv.TokenTypeAccess, down)
		for _, reason := range []semconv.Reason{
			semconv.ReasonAudienceMismatch, semconv.ReasonBadSignature, semconv.ReasonUnknownKey, semconv.ReasonMalformed,
		} {
			a.WantTokenVerifications(1, semconv.TokenTypeAccess, instrument.Failure(reason))
		}
		a.WantAuthorizations(n.user+4, semconv.EnforcementEnforced, semconv.DecisionAllow)
		a.WantAuthorizations(1, semconv.EnforcementEnforced, semconv.DecisionDeny)
		a.Want("auth.keyset.refreshes", float64(n.refreshes), semconv.ResultSuccess.Attr())
		a.Want("auth.keyset.refreshes", 1, semconv.ResultError.Attr(), semconv.ErrorTypeConnectionRefused.Attr())
	}
	expired := instrument.Failure(semconv.ReasonExpired)
	got.Service("orders").WantTokenVerifications(2, semconv.TokenTypeAccess, expired) // the user's, and the one shown
	got.Service("stock").WantTokenVerifications(1, semconv.TokenTypeAccess, expired)
	got.Service("orders").WantNothingElse()
	got.Service("stock").WantNothingElse()

	r := got.Service("reports")
	r.WantTokenOperations(1, semconv.TokenTypeAccess, issue, nil)
	r.WantTokenOperations(1, semconv.TokenTypeAccess, issue, instrument.Failure(semconv.ReasonInvalidCredentials))
	r.WantNothingElse()

	got.WantNothingElse() // nothing collapsed, nothing rejected, and none of it for another service
	got.WantNowhere(wire.secrets(t)...)
	got.WantNowhere(userName, userID, strangerName, userPassword, wrongPassword, webID, webSecret, reportsID, reportsSecret,
		wrongSecret, forgedCode, gibberish, "127.0.0.1")
	if strings.Contains(out.String(), userPassword) {
		t.Error("the password is on the screen")
	}
}

// TestStep holds that the first step which does not come out as it should is the last.
func TestStep(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		do   func() (any, error)
		news error
		want string
	}{
		"as wanted":           {do: func() (any, error) { return 7, nil }},
		"refused as wanted":   {do: func() (any, error) { return nil, &oauth2.RetrieveError{ErrorCode: "no"} }, want: "first: got refused: no, want 7"},
		"not as wanted":       {do: func() (any, error) { return 8, nil }, want: "first: got 8, want 7"},
		"an error":            {do: func() (any, error) { return 7, broken }, want: "first: broken"},
		"no telling the news": {do: func() (any, error) { return 7, nil }, news: broken, want: "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := &walk{out: &out, news: func(context.Context) ([]string, error) { return []string{"something new"}, tt.news }}
			w.step(t.Context(), "first", "7", tt.do)
			w.chapter("Next")
			second := false
			w.step(t.Context(), "second", "done", func() (any, error) { second = true; return done, nil })
			if got := fmt.Sprint(w.err); tt.want == "" && w.err != nil || tt.want != "" && got != tt.want {
				t.Errorf("got the error %s, want %q", got, tt.want)
			}
			if went := tt.want == ""; second != went || strings.Contains(out.String(), "Next") != went {
				t.Errorf("it went on: %t, want %t:\n%s", second, went, &out)
			}
		})
	}
}

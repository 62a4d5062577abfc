// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// started returns the parties, running until the test ends, and what they record.
func started(t *testing.T) (*parties, *instrumenttest.Got) {
	t.Helper()
	rec, got := instrumenttest.New(t, append(recording(), instrument.WithServiceLimit(0))...)
	p, err := start(t.Context(), rec, &http.Transport{})
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	got.Service("provider").Want("auth.credential.rotations", 1)
	return p, got
}

// TestOddLogins are those that no browser would come to in the walk.
func TestOddLogins(t *testing.T) {
	t.Run("the form lay open for too long", func(t *testing.T) {
		p, got := started(t)
		form := url.Values{"id": {"gone"}, "username": {userName}, "password": {userPassword}}
		page, err := newBrowser(p.base).post(t.Context(), p.op.url+"/login/username", form)
		if err != nil || page.String() != "200 the login form" {
			t.Errorf("got %v, %v", page, err)
		}
		got.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonExpired))
		got.WantNothingElse()
	})
	t.Run("a client whom nobody knows", func(t *testing.T) {
		p, got := started(t)
		p.reports.oauth.ClientID = "teashop-nobody"
		if _, err := p.reports.token(t.Context()); err == nil {
			t.Error("it got a token")
		}
		got.WantAttempts(1, semconv.MethodClientSecret, instrument.Failure(semconv.ReasonUnknownPrincipal))
		got.WantTokenOperations(1, semconv.TokenTypeAccess, semconv.TokenOperationIssue, instrument.Failure(semconv.ReasonOther))
		got.WantNothingElse()
	})
	t.Run("back without a code", func(t *testing.T) {
		p, got := started(t)
		page, err := newBrowser(p.base).get(t.Context(), p.app.url+"/callback")
		if err != nil || page.String() != "401 login refused" {
			t.Errorf("got %v, %v", page, err)
		}
		got.WantAttempts(1, semconv.MethodOIDC, instrument.Failure(semconv.ReasonMissing))
		got.WantNothingElse()
	})
	t.Run("an ID token for another login", func(t *testing.T) {
		p, got := started(t)
		b := newBrowser(p.base)
		b.stopAt(p.app.url + "/callback")
		back, err := b.signIn(t.Context(), p.app.url, userName, userPassword)
		if err != nil || back.next == nil {
			t.Fatalf("got %v, %v", back, err)
		}
		b.Jar.SetCookies(back.next, []*http.Cookie{{Name: "nonce", Value: "of another login", Path: "/"}})
		page, err := b.get(t.Context(), back.next.String())
		if err != nil || page.String() != "401 login refused" {
			t.Errorf("got %v, %v", page, err)
		}
		mismatch := instrument.Failure(semconv.ReasonBindingMismatch)
		got.WantAttempts(1, semconv.MethodPassword, nil)
		got.WantAttempts(1, semconv.MethodClientSecret, nil)
		got.WantAttempts(1, semconv.MethodOIDC, mismatch)
		got.WantTokenVerifications(1, semconv.TokenTypeID, mismatch)
		got.WantTokenOperations(1, semconv.TokenTypeAccess, semconv.TokenOperationIssue, nil)
		got.Want("auth.keyset.refreshes", 1, semconv.ResultSuccess.Attr())
		got.WantNothingElse() // no session either
	})
}

// TestLogoutWithoutProvider ends the session all the same.
func TestLogoutWithoutProvider(t *testing.T) {
	p, got := started(t)
	b := newBrowser(p.base)
	if page, err := b.signIn(t.Context(), p.app.url, userName, userPassword); err != nil || page.String() != "200 welcome" {
		t.Fatalf("got %v, %v", page, err)
	}
	if err := p.stopProvider(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"502 goodbye, though the provider does not know yet", "401 log in first"} {
		if page, err := b.post(t.Context(), p.app.url+"/logout", nil); err != nil || page.String() != want {
			t.Errorf("got %v, %v, want %s", page, err, want)
		}
	}
	web := got.Service("webapp")
	web.WantSessionOperations(1, semconv.SessionOperationEnd, nil)
	web.Want("auth.session.active", 0)
	web.WantTokenOperations(1, semconv.TokenTypeRefresh, semconv.TokenOperationRevoke, instrument.Error(semconv.ErrorTypeConnectionRefused))
}

// TestStartThatIsInterrupted leaves nothing running.
func TestStartThatIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, err := start(ctx, nil, &http.Transport{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("start: got %v, want %v", err, context.Canceled)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestRefuse(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
	}{
		"a failure":                  {instrument.Failure(semconv.ReasonExpired), 401},
		"no credential":              {instrument.ErrNoCredential, 401},
		"an error":                   {instrument.Error(semconv.ErrorTypeTimeout), 503},
		"an error of the network":    {context.DeadlineExceeded, 503},
		"an error that nobody knows": {errors.New("?"), 401}, // as it is recorded
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			refuse(w, nil, tt.err, "refused")
			if w.Code != tt.status || (w.Header().Get("WWW-Authenticate") != "") != (tt.status == 401) {
				t.Errorf("got %d %v, want %d", w.Code, w.Header(), tt.status)
			}
		})
	}
}

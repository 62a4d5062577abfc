// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/semconv"
)

// webApp is the relying party: it sends the browser to the provider, takes the code that the browser brings
// back, and shows the user the orders that it reads from the API on the user's behalf.
type webApp struct {
	oauth     oauth2.Config
	verifier  *authoidc.Verifier
	revokeURL string
	ordersURL string
	client    *http.Client

	logins   *instrument.Attempts
	idTokens *instrument.Attempts
	sessions *instrument.Sessions
	issue    *http.Client // these three count what they ask the provider for
	refresh  *http.Client
	revoke   *http.Client

	mu   sync.Mutex
	live map[string]oauth2.Token // by session
}

// newWebApp discovers the provider.
func newWebApp(ctx context.Context, svc *instrument.Service, base http.RoundTripper, o oauth2.Config, issuer, ordersURL string) (*webApp, error) {
	client := newClient(base)
	ctx = oidc.ClientContext(ctx, client)
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Revoke string `json:"revocation_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, err
	}
	verifier, err := authoidc.NewProviderVerifier(ctx, provider, &oidc.Config{ClientID: o.ClientID}, svc.KeySet())
	if err != nil {
		return nil, err
	}
	o.Endpoint = provider.Endpoint()
	o.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // trying both would count a refusal twice
	access, refresh := svc.TokenOperations(semconv.TokenTypeAccess), svc.TokenOperations(semconv.TokenTypeRefresh)
	return &webApp{
		oauth:     o,
		verifier:  verifier,
		revokeURL: more.Revoke,
		ordersURL: ordersURL,
		client:    client,
		logins:    svc.Authentication(semconv.MethodOIDC),
		idTokens:  svc.TokenVerification(semconv.TokenTypeID),
		sessions:  svc.Sessions(),
		issue:     fetching(base, access, semconv.TokenOperationIssue),
		refresh:   fetching(base, access, semconv.TokenOperationRefresh),
		revoke:    fetching(base, refresh, semconv.TokenOperationRevoke),
		live:      map[string]oauth2.Token{},
	}, nil
}

func (a *webApp) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("GET /orders", a.orders)
	mux.HandleFunc("POST /refresh", a.prolong)
	mux.HandleFunc("POST /logout", a.logout)
	return mux
}

// login begins a login. It is recorded when the browser comes back, or never.
func (a *webApp) login(w http.ResponseWriter, r *http.Request) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	setCookie(w, "state", state)
	setCookie(w, "nonce", nonce)
	setCookie(w, "verifier", verifier)
	http.Redirect(w, r, a.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusFound)
}

// callback ends a login: with a session, or with a refusal that does not tell why.
func (a *webApp) callback(w http.ResponseWriter, r *http.Request) {
	tokens, err := a.authenticate(r)
	if err != nil {
		refuse(w, a.logins, err, "login refused")
		return
	}
	a.begin(w, r, tokens)
	fmt.Fprintln(w, "welcome")
}

// authenticate is what is measured: from the browser's return to the ID token's verification.
func (a *webApp) authenticate(r *http.Request) (tokens *oauth2.Token, err error) {
	ctx := r.Context()
	defer a.logins.Start().Done(ctx, &err)

	code := r.FormValue("code")
	if code == "" {
		return nil, instrument.Failure(semconv.ReasonMissing)
	}
	if state := cookie(r, "state"); state == "" || state != r.FormValue("state") {
		return nil, instrument.Failure(semconv.ReasonBindingMismatch)
	}
	tokens, err = a.oauth.Exchange(oidc.ClientContext(ctx, a.issue), code, oauth2.VerifierOption(cookie(r, "verifier")))
	if err != nil {
		return nil, err
	}
	return tokens, a.verify(ctx, tokens, cookie(r, "nonce"))
}

// verify checks the ID token that came with the others.
func (a *webApp) verify(ctx context.Context, tokens *oauth2.Token, nonce string) (err error) {
	defer a.idTokens.Start().Done(ctx, &err)

	raw, _ := tokens.Extra("id_token").(string)
	id, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		return err
	}
	if nonce == "" || id.Nonce != nonce {
		return instrument.Failure(semconv.ReasonBindingMismatch)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/semconv"
)

// begin starts a session of the web application, with the tokens that the login brought.
func (a *webApp) begin(w http.ResponseWriter, r *http.Request, tokens *oauth2.Token) {
	session := rand.Text()
	a.mu.Lock()
	a.live[session] = *tokens
	a.mu.Unlock()
	a.sessions.Count(r.Context(), semconv.SessionOperationCreate, nil)
	setCookie(w, "session", session)
}

// session returns what the request's cookie stands for. It answers the request if there is no such session.
func (a *webApp) session(w http.ResponseWriter, r *http.Request) (name string, tokens oauth2.Token, ok bool) {
	name = cookie(r, "session")
	a.mu.Lock()
	tokens, ok = a.live[name]
	a.mu.Unlock()
	if !ok {
		http.Error(w, "log in first", http.StatusUnauthorized)
	}
	return name, tokens, ok
}

// end forgets a session, because of what the operation says.
func (a *webApp) end(r *http.Request, session string, op semconv.SessionOperation) {
	a.mu.Lock()
	delete(a.live, session)
	a.mu.Unlock()
	a.sessions.Count(r.Context(), op, nil)
}

// orders asks the API with the user's access token, and passes on what it answers.
func (a *webApp) orders(w http.ResponseWriter, r *http.Request) {
	_, tokens, ok := a.session(w, r)
	if !ok {
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, a.ordersURL, nil)
	if err != nil {
		http.Error(w, "no such API", http.StatusInternalServerError)
		return
	}
	tokens.SetAuthHeader(req)
	resp, err := a.client.Do(req)
	if err != nil {
		http.Error(w, "the API cannot be reached", http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// prolong gets new tokens for a session. When the provider no longer accepts the refresh token, the session
// was ended there; when the provider cannot be asked, the session stays.
func (a *webApp) prolong(w http.ResponseWriter, r *http.Request) {
	session, tokens, ok := a.session(w, r)
	if !ok {
		return
	}
	ctx := oidc.ClientContext(r.Context(), a.refresh)
	fresh, err := a.oauth.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	a.sessions.Count(ctx, semconv.SessionOperationRenew, err)
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		a.end(r, session, semconv.SessionOperationRevoke)
		http.Error(w, "log in again", http.StatusUnauthorized)
		return
	}
	if err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	a.mu.Lock()
	if _, still := a.live[session]; still {
		a.live[session] = *fresh
	}
	a.mu.Unlock()
	fmt.Fprintln(w, "go on")
}

// logout ends a session, and the refresh token at the provider with it. Should that not work, the user is
// logged out here all the same.
func (a *webApp) logout(w http.ResponseWriter, r *http.Request) {
	session, tokens, ok := a.session(w, r)
	if !ok {
		return
	}
	a.end(r, session, semconv.SessionOperationEnd)
	if err := a.withdraw(r.Context(), tokens.RefreshToken); err != nil {
		http.Error(w, "goodbye, though the provider does not know yet", http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, "goodbye")
}

// withdraw asks the provider to revoke a refresh token (RFC 7009).
func (a *webApp) withdraw(ctx context.Context, token string) error {
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.revokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(a.oauth.ClientID), url.QueryEscape(a.oauth.ClientSecret))
	resp, err := a.revoke.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("revocation: %s", resp.Status)
	}
	return nil
}

func setCookie(w http.ResponseWriter, name, value string) {
	//nolint:gosec // G124: on the loopback address there is no TLS for which it could be
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// cookie returns a cookie's value, or nothing.
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

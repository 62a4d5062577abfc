// SPDX-License-Identifier: Apache-2.0

package main

// The client that keeps the two services busy.

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	alicePassword = "correct-horse-battery"
	bobPassword   = "staple-of-many-words"
	bobSecret     = "shared-with-bobs-telephone"

	pace = 20 * time.Millisecond // between two requests
)

// A row is one kind of request, the answer that it should get, and the series that should count it.
type row struct {
	kind   string
	weight int // how often, compared with the others
	status int
	metric string
	label  string
	make   func(context.Context, *traffic) (*http.Request, error)
}

const (
	attempts      = "auth_authentication_attempts_total"
	verifications = "auth_token_verifications_total"
	decisions     = "auth_authorization_decisions_total"
	checks        = "auth_rate_limit_checks_total"
	sessions      = "auth_session_operations_total"
)

var rows = []row{
	{"login", 10, 200, attempts, `auth_result="success"`, goodLogin},
	{"wrong password", 4, 401, attempts, `auth_failure_reason="invalid_credentials"`, login("alice", "guess", "")},
	{"unknown user", 3, 401, attempts, `auth_failure_reason="unknown_principal"`, login("mallory", "guess", "")},
	{"no password", 1, 401, attempts, `auth_result="none"`, login("alice", "", "")},
	{"no second factor", 2, 401, attempts, `auth_failure_reason="mfa_required"`, login("bob", bobPassword, "")},
	{"wrong second factor", 1, 401, attempts, `auth_failure_reason="mfa_failed"`, login("bob", bobPassword, "none")},
	{"too many logins", 5, 429, checks, `auth_rate_limit_outcome="limited"`, hastyLogin},
	{"logout", 1, 204, sessions, `auth_session_operation="end"`, logout},
	{"own order", 12, 200, decisions, `auth_decision="allow"`, order(ownToken)},
	{"another's order", 2, 403, decisions, `auth_decision="deny"`, order(anothersToken)},
	{"no token", 2, 401, verifications, `auth_result="none"`, order(noToken)},
	{"broken token", 1, 401, verifications, `auth_failure_reason="malformed"`, order(brokenToken)},
	{"expired token", 2, 401, verifications, `auth_failure_reason="expired"`, order(expiredToken)},
	{"forged token", 2, 401, verifications, `auth_failure_reason="bad_signature"`, order(forgedToken)},
	{"token for elsewhere", 2, 401, verifications, `auth_failure_reason="audience_mismatch"`, order(elsewhereToken)},
	{"token by a stranger", 1, 401, verifications, `auth_failure_reason="unknown_key"`, order(strangersToken)},
}

func rowOf(kind string) row {
	return rows[slices.IndexFunc(rows, func(r row) bool { return r.kind == kind })]
}

// traffic is a client with one request under way at a time.
type traffic struct {
	base     string
	accounts *accounts
	random   *rand.Rand // seeded: the same mix every time
	user     string     // whose token this is
	token    string
	session  *http.Cookie

	mu    sync.Mutex
	sent  map[string]int // requests that were answered as they should, by kind
	wrong map[string]int // the others, by what happened
}

func newTraffic(base string, a *accounts) *traffic {
	return &traffic{
		base:     base,
		accounts: a,
		random:   rand.New(rand.NewPCG(1, 2)),
		sent:     map[string]int{},
		wrong:    map[string]int{},
	}
}

// run sends requests until ctx is done. The one under way is brought to its end.
func (t *traffic) run(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		r := t.pick()
		if t.session == nil {
			r = rowOf("login")
		}
		t.send(context.WithoutCancel(ctx), r)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pick draws a row by its weight.
func (t *traffic) pick() row {
	total := 0
	for _, r := range rows {
		total += r.weight
	}
	n := t.random.IntN(total)
	for _, r := range rows {
		if n -= r.weight; n < 0 {
			return r
		}
	}
	return rows[0]
}

// send sends one request and counts it under what it turned out to be.
func (t *traffic) send(ctx context.Context, r row) {
	kind, err := t.exchange(ctx, r)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.wrong[fmt.Sprintf("%s: %v", r.kind, err)]++
		return
	}
	t.sent[kind]++
}

func (t *traffic) exchange(ctx context.Context, r row) (kind string, err error) {
	req, err := r.make(ctx, t)
	if err != nil {
		return "", err
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", err
	}
	switch req.URL.Path {
	case "/logout":
		t.session = nil
	case "/login":
		switch {
		case resp.StatusCode == http.StatusTooManyRequests:
			r = rowOf("too many logins") // also a patient client may find its bucket empty
		case r.kind == "too many logins" && resp.StatusCode == http.StatusOK:
			r = rowOf("login") // also a hasty one is let in at times
		}
		if resp.StatusCode == http.StatusOK && len(resp.Cookies()) == 1 {
			t.token = strings.TrimSpace(string(body))
			p, _ := parse(t.token)
			t.user = p.Subject
			t.session = resp.Cookies()[0]
		}
	}
	if resp.StatusCode != r.status {
		return "", fmt.Errorf("answered %s", resp.Status)
	}
	return r.kind, nil
}

// goodLogin is Alice's, or Bob's with a code from his telephone.
func goodLogin(ctx context.Context, t *traffic) (*http.Request, error) {
	if t.random.IntN(3) == 0 {
		return login("bob", bobPassword, oneTimeCode(bobSecret, time.Now()))(ctx, t)
	}
	return login("alice", alicePassword, "")(ctx, t)
}

// hastyLogin always comes from one address.
func hastyLogin(ctx context.Context, t *traffic) (*http.Request, error) {
	req, err := login("alice", alicePassword, "")(ctx, t)
	if err == nil {
		req.Header.Set("X-Forwarded-For", "198.51.100.1")
	}
	return req, err
}

// login comes from one of many addresses.
func login(user, password, code string) func(context.Context, *traffic) (*http.Request, error) {
	form := url.Values{"user": {user}, "password": {password}, "code": {code}}.Encode()
	return func(ctx context.Context, t *traffic) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+"/login", strings.NewReader(form))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", t.random.IntN(200)))
		return req, nil
	}
}

func logout(ctx context.Context, t *traffic) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+"/logout", nil)
	if err == nil {
		req.AddCookie(t.session)
	}
	return req, err
}

// order asks for the orders of whoever is logged in, with the token that the function makes.
func order(token func(*traffic) (string, error)) func(context.Context, *traffic) (*http.Request, error) {
	return func(ctx context.Context, t *traffic) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.base+"/orders/"+t.user, nil)
		if err != nil {
			return nil, err
		}
		bearer, err := token(t)
		if bearer != "" {
			req.Header.Set("Authorization", "Bearer "+bearer)
		}
		return req, err
	}
}

func ownToken(t *traffic) (string, error)    { return t.token, nil }
func noToken(*traffic) (string, error)       { return "", nil }
func brokenToken(t *traffic) (string, error) { return t.token[:len(t.token)/2], nil }

func anothersToken(t *traffic) (string, error) {
	return t.accounts.keys.current().token("carol", "orders", tokenLife)
}

func expiredToken(t *traffic) (string, error) {
	return t.accounts.keys.current().token(t.user, "orders", -time.Minute)
}

func elsewhereToken(t *traffic) (string, error) {
	return t.accounts.keys.current().token(t.user, "warehouse", tokenLife)
}

// forgedToken names the right key, but was signed by another.
func forgedToken(t *traffic) (string, error) {
	forger, err := newSigningKey(time.Time{})
	if err != nil {
		return "", err
	}
	forger.id = t.accounts.keys.current().id
	return forger.token(t.user, "orders", tokenLife)
}

// strangersToken is signed well, by a key that nobody knows.
func strangersToken(t *traffic) (string, error) {
	stranger, err := newSigningKey(time.Time{})
	if err != nil {
		return "", err
	}
	return stranger.token(t.user, "orders", tokenLife)
}

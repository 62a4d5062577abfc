// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// wiretap is a transport that notes every secret that passes.
type wiretap struct {
	http.Transport
	mu   sync.Mutex
	seen map[string][]string // by what it is
}

func newWiretap() *wiretap { return &wiretap{seen: map[string][]string{}} }

// secret are the parameters of OAuth, of OpenID Connect and of the forms that nobody else may learn.
var secret = []string{
	"username", "password", "id", "authRequestID", "code", "state", "nonce", "code_challenge", "code_verifier",
	"client_id", "redirect_uri", "token", "access_token", "refresh_token", "id_token",
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.note("address", r.URL.Host)
	w.notes(r.URL.Query())
	w.note("authorization", strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "Basic "))
	for _, c := range r.Cookies() {
		w.note("cookie "+c.Name, c.Value)
	}
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		form, _ := io.ReadAll(body)
		values, _ := url.ParseQuery(string(form))
		w.notes(values)
	}
	resp, err := w.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if to, err := resp.Location(); err == nil {
		w.notes(to.Query())
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		var answer map[string]any
		_ = json.Unmarshal(body, &answer)
		for name, v := range answer {
			if s, ok := v.(string); ok {
				w.notes(url.Values{name: {s}})
			}
		}
	}
	return resp, nil
}

func (w *wiretap) notes(values url.Values) {
	for name, vs := range values {
		for _, v := range vs {
			if slices.Contains(secret, name) {
				w.note(name, v)
			}
		}
	}
}

func (w *wiretap) note(what, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if value != "" && !slices.Contains(w.seen[what], value) {
		w.seen[what] = append(w.seen[what], value)
	}
}

// secrets returns all that passed, and fails the test if there is a kind of which nothing did.
func (w *wiretap) secrets(t *testing.T) (all []string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, what := range append([]string{"address", "authorization", "cookie session", "cookie state"}, secret...) {
		if len(w.seen[what]) == 0 {
			t.Errorf("no %s passed, though the walk needs one", what)
		}
	}
	for _, values := range w.seen {
		all = append(all, values...)
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

func wantRefreshes(got *instrumenttest.Got, good, timeout, unavailable int) {
	const refreshes = "auth.keyset.refreshes"
	got.Want(refreshes, float64(good), semconv.ResultSuccess.Attr())
	got.Want(refreshes, float64(timeout), semconv.ResultError.Attr(), semconv.ErrorTypeTimeout.Attr())
	got.Want(refreshes, float64(unavailable), semconv.ResultError.Attr(), semconv.ErrorTypeUnavailable.Attr())
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// What the provider serves decides what a fetch, and a token that needs it, came to.
func TestFetches(t *testing.T) {
	p := newProvider(t)
	unavailable, timeout := instrument.Error(semconv.ErrorTypeUnavailable), instrument.Error(semconv.ErrorTypeTimeout)
	marshalled, err := jose.JSONWebKey{Key: p.key.Public(), KeyID: "one", Algorithm: "ES256"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	good := string(marshalled)
	set := func(keys ...string) func(http.ResponseWriter, *http.Request) {
		return body(`{"keys":[` + strings.Join(keys, ",") + "]}")
	}
	for name, c := range map[string]struct {
		keys     func(http.ResponseWriter, *http.Request)
		token    error // what the token came to
		recorded error // what the fetch came to
	}{
		"keys":                       {p.good, nil, nil},
		"beside keys of other kinds": {set(`{"kty":"OKP","crv":"X448","x":"AA"}`, `{"kty":"EC","alg":"ES256K"}`, good), nil, nil},
		"404":                        {http.NotFound, unavailable, unavailable},
		"429":                        {status(http.StatusTooManyRequests), unavailable, unavailable},
		"503":                        {status(http.StatusServiceUnavailable), unavailable, unavailable},
		"504":                        {status(http.StatusGatewayTimeout), unavailable, timeout},
		"broken off":                 {brokenOff, unavailable, unavailable},
		"a page":                     {body("<html>maintenance</html>"), unavailable, unavailable},
		"nothing":                    {body(""), unavailable, unavailable},
		"JSON of another kind":       {body(`{"error":"server_error"}`), unavailable, unavailable},
		"no keys":                    {set(), unavailable, unavailable},
		"keys of other kinds alone":  {set(`{"kty":"OKP","crv":"X448","x":"AA"}`, `{"kty":"EC","alg":"ES256K"}`), unavailable, unavailable},
		"a key that is none":         {set(good, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`), unavailable, unavailable},
		"text for a key":             {set(`"key"`), unavailable, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p.serve(c.keys)
			rec, got := instrumenttest.New(t)
			v, err := authoidc.NewProviderVerifier(t.Context(), p.discover(t.Context()), &oidc.Config{ClientID: "api"}, rec.Service("api").KeySet())
			if err != nil {
				t.Fatal(err)
			}
			_, err = v.Verify(t.Context(), p.token(nil))
			adaptertest.WantRecorded(t, unmapped, c.token, err)
			own := oidc.NewRemoteKeySet(t.Context(), p.srv.URL+"/keys")
			if _, want := own.VerifySignature(t.Context(), p.token(nil)); (err == nil) != (want == nil) {
				t.Errorf("%v, and go-oidc says %v", err, want)
			}
			wantRefreshes(got, count(c.recorded == nil), count(c.recorded == timeout), count(c.recorded == unavailable)) //nolint:errorlint // the very same
			got.WantNothingElse()
		})
	}
}

// The life of a key set: the first fetch, none while the key is known, one for each
// signature that does not match, and an outage during which known keys still serve.
func TestKeySetOverTime(t *testing.T) {
	p := newProvider(t)
	rec, got := instrumenttest.New(t)
	v, err := authoidc.NewProviderVerifier(t.Context(), p.discover(t.Context()), &oidc.Config{ClientID: "api"}, rec.Service("api").KeySet())
	if err != nil {
		t.Fatal(err)
	}
	verify := func(raw string, want error) {
		t.Helper()
		_, err := v.Verify(t.Context(), raw)
		adaptertest.WantRecorded(t, unmapped, want, err)
	}
	verify(p.token(nil), nil)
	verify(p.token(nil), nil)
	wantRefreshes(got, 1, 0, 0)
	verify(tampered(p.token(nil)), instrument.Failure(semconv.ReasonBadSignature))
	verify(sign(t, newKey(t), jose.ES256, "two", p.claims(nil)), instrument.Failure(semconv.ReasonUnknownKey))
	wantRefreshes(got, 3, 0, 0)

	p.serve(status(http.StatusServiceUnavailable))
	verify(p.token(nil), nil)
	verify(sign(t, newKey(t), jose.ES256, "two", p.claims(nil)), instrument.Error(semconv.ErrorTypeUnavailable))
	wantRefreshes(got, 3, 0, 1)

	p.serve(body(`{"keys":[]}`)) // by which go-oidc forgets those that it had
	verify(sign(t, newKey(t), jose.ES256, "two", p.claims(nil)), instrument.Error(semconv.ErrorTypeUnavailable))
	verify(p.token(nil), instrument.Error(semconv.ErrorTypeUnavailable))
	wantRefreshes(got, 3, 0, 3)

	old := p.key
	p.key = newKey(t)
	p.serve(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "three"}}})
	})
	verify(sign(t, p.key, jose.ES256, "three", p.claims(nil)), nil)
	verify(sign(t, old, jose.ES256, "one", p.claims(nil)), instrument.Failure(semconv.ReasonUnknownKey))
	wantRefreshes(got, 5, 0, 3)
	got.WantNothingElse()
}

// Nobody is there, nobody answers in time, and the caller goes away.
func TestProviderOutOfReach(t *testing.T) {
	p := newProvider(t)
	reached, release := make(chan struct{}), make(chan struct{})
	p.serve(func(http.ResponseWriter, *http.Request) { reached <- struct{}{}; <-release })
	v := p.verifier(oidc.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	_, err := v.Verify(ctx, p.token(nil))
	adaptertest.WantRecorded(t, unmapped, instrument.Error(semconv.ErrorTypeCanceled), err)
	ctx, cancel = context.WithTimeout(t.Context(), 1)
	defer cancel()
	_, err = v.Verify(ctx, p.token(nil))
	adaptertest.WantRecorded(t, unmapped, instrument.Error(semconv.ErrorTypeTimeout), err)
	close(release)

	stopped := newProvider(t)
	address := stopped.discover(t.Context())
	rec, got := instrumenttest.New(t)
	v, err = authoidc.NewProviderVerifier(t.Context(), address, &oidc.Config{ClientID: "api"}, rec.Service("api").KeySet())
	if err != nil {
		t.Fatal(err)
	}
	stopped.srv.Close()
	_, err = v.Verify(t.Context(), stopped.token(nil))
	adaptertest.WantRecorded(t, unmapped, instrument.Error(semconv.ErrorTypeConnectionRefused), err)
	got.Want("auth.keyset.refreshes", 1, semconv.ResultError.Attr(), semconv.ErrorTypeConnectionRefused.Attr())
	got.WantNothingElse()
}

// One fetch serves all who wait for it, and counts once.
func TestConcurrentVerifiersShareAFetch(t *testing.T) {
	p := newProvider(t)
	rec, got := instrumenttest.New(t)
	v, err := authoidc.NewProviderVerifier(t.Context(), p.discover(t.Context()), &oidc.Config{ClientID: "api"}, rec.Service("api").KeySet())
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{p.token(nil), p.token(claims{"aud": "web"}), "x"}
	wants := []error{nil, instrument.Failure(semconv.ReasonAudienceMismatch), instrument.Failure(semconv.ReasonMalformed)}
	errs := make([]error, 60)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = v.Verify(t.Context(), tokens[i%len(tokens)]) })
	}
	wg.Wait()
	for i, want := range wants {
		var came []error
		for j := i; j < len(errs); j += len(wants) {
			came = append(came, errs[j])
		}
		adaptertest.WantRecorded(t, unmapped, want, came...)
	}
	got.Want("auth.keyset.refreshes", float64(p.fetched()), semconv.ResultSuccess.Attr())
	got.WantNothingElse()
}

// The client of the context is used, as go-oidc does, and stays as it is.
func TestNewRemoteKeySetUsesTheClient(t *testing.T) {
	p := newProvider(t)
	used := 0
	client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		used++
		return http.DefaultTransport.RoundTrip(r)
	})}
	before := *client
	keys := authoidc.NewRemoteKeySet(oidc.ClientContext(t.Context(), client), p.srv.URL+"/keys", nil)
	if _, err := keys.VerifySignature(t.Context(), p.token(nil)); err != nil || used != 1 {
		t.Errorf("used %d times: %v", used, err)
	}
	if client.Timeout != before.Timeout || fmt.Sprintf("%p", client.Transport) != fmt.Sprintf("%p", before.Transport) {
		t.Error("the caller's client was changed")
	}
	if _, err := keys.VerifySignature(t.Context(), "x"); err == nil {
		t.Error("no token was accepted")
	} else {
		adaptertest.WantRecorded(t, unmapped, instrument.Failure(semconv.ReasonMalformed), err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A set too large to be looked at is used all the same.
func TestAHugeKeySet(t *testing.T) {
	p := newProvider(t)
	p.serve(func(w http.ResponseWriter, _ *http.Request) {
		set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "one"}}}
		for range 20 {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.key.Public(), KeyID: strings.Repeat("x", 1<<16)})
		}
		writeJSON(w, set)
	})
	v := p.verifier(oidc.Config{})
	_, err := v.Verify(t.Context(), p.token(nil))
	adaptertest.WantRecorded(t, unmapped, nil, err)
	_, err = v.Verify(t.Context(), tampered(p.token(nil)))
	adaptertest.WantRecorded(t, unmapped, instrument.Failure(semconv.ReasonBadSignature), err)
}

// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
)

// provider is an OpenID provider on loopback that does with its keys as it is told.
type provider struct {
	t   testing.TB
	srv *httptest.Server
	key *ecdsa.PrivateKey

	mu      sync.Mutex
	keys    func(http.ResponseWriter, *http.Request)
	fetches int
}

func newProvider(t testing.TB) *provider {
	p := &provider{t: t, key: newKey(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{
			"issuer": p.srv.URL, "jwks_uri": p.srv.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.fetches++
		serve := p.keys
		p.mu.Unlock()
		serve(w, r)
	})
	p.srv = httptest.NewServer(mux)
	t.Cleanup(p.srv.Close)
	p.serve(p.good)
	return p
}

// serve sets how requests for the keys are answered.
func (p *provider) serve(keys func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func (p *provider) fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *provider) good(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "one", Algorithm: "ES256", Use: "sig"}}})
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func body(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func brokenOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"keys":[`)
}

// discover is what a resource server does at start.
func (p *provider) discover(ctx context.Context) *oidc.Provider {
	p.t.Helper()
	found, err := oidc.NewProvider(ctx, p.srv.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

func (p *provider) verifier(config oidc.Config) *authoidc.Verifier {
	p.t.Helper()
	if config.ClientID == "" && !config.SkipClientIDCheck {
		config.ClientID = "api"
	}
	v, err := authoidc.NewProviderVerifier(p.t.Context(), p.discover(p.t.Context()), &config, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

type claims map[string]any

// claims are those of a good token, with some set to another value or, by nil, left out.
func (p *provider) claims(other claims) claims {
	c := claims{"iss": p.srv.URL, "aud": "api", "sub": "alice", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range other {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (p *provider) token(other claims) string {
	return sign(p.t, p.key, jose.ES256, "one", p.claims(other))
}

func sign(t testing.TB, key crypto.PrivateKey, alg jose.SignatureAlgorithm, id string, payload any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := payload.(string)
	if !ok {
		b, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	jws, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
)

// provider is an OpenID provider on loopback. What it serves can be replaced.
type provider struct {
	t   testing.TB
	srv *httptest.Server
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	serve map[string]http.HandlerFunc
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key}
	p.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		serve := p.serve[r.URL.Path]
		p.mu.Unlock()
		if serve == nil {
			serve = http.NotFound
		}
		serve(w, r)
	}))
	t.Cleanup(p.srv.Close)
	p.serve = map[string]http.HandlerFunc{
		"/keys": body(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "one", Use: "sig"}}}),
		"/.well-known/openid-configuration": body(map[string]any{
			"issuer": p.srv.URL, "jwks_uri": p.srv.URL + "/keys", "token_endpoint": p.srv.URL + "/token",
			"userinfo_endpoint": p.srv.URL + "/userinfo",
		}),
	}
	return p
}

// set replaces what is served at a path.
func (p *provider) set(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve[path] = h
}

func body(v any) http.HandlerFunc { return answer(http.StatusOK, v) }

func answer(status int, v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
}

type claims map[string]any

// claims are those of a good token, with some set to another value or, by nil, left out.
func (p *provider) claims(other claims) claims {
	c := claims{"iss": p.srv.URL, "aud": "web", "sub": "alice", "iat": time.Now().Unix(), "exp": in(time.Hour)}
	for name, value := range other {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (p *provider) token(other claims) string { return p.typed("JWT", other) }

func (p *provider) typed(typ jose.ContentType, other claims) string {
	return sign(p.t, p.key, "one", typ, p.claims(other))
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func sign(t testing.TB, key crypto.PrivateKey, id string, typ jose.ContentType, payload any) string {
	t.Helper()
	alg := jose.ES256
	if _, symmetric := key.([]byte); symmetric {
		alg = jose.HS256
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}},
		(&jose.SignerOptions{}).WithType(typ))
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

// relyingParty is a client of the provider.
func (p *provider) relyingParty(opts ...rp.Option) rp.RelyingParty {
	p.t.Helper()
	party, err := rp.NewRelyingPartyOIDC(p.t.Context(), p.srv.URL, "web", "secret", "http://127.0.0.1/back", []string{"openid"}, opts...)
	if err != nil {
		p.t.Fatal(err)
	}
	return party
}

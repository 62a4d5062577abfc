// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// What the library makes of a key set is what is recorded of its fetch.
func TestCheckKeys(t *testing.T) {
	p := newProvider(t)
	const none, unknown, invalid = `{"keys":[]}`, `{"kty":"OKP","crv":"X448","x":"AA"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	for name, c := range map[string]struct {
		keys http.HandlerFunc
		good float64
	}{
		"keys":             {nil, 1},
		"no keys":          {raw(none), 0},
		"no known keys":    {raw(`{"keys":[` + unknown + `]}`), 0},
		"one that is none": {raw(`{"keys":[` + invalid + `]}`), 0},
		"no JSON":          {raw("<html>"), 0},
		"503":              {answer(http.StatusServiceUnavailable, nil), 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/keys/" + strings.ReplaceAll(name, " ", "-")
			p.set(path, c.keys)
			if c.keys == nil {
				path = "/keys"
			}
			rec, got := instrumenttest.New(t)
			keys := authhttp.KeySetFetch(rec.Service("api").KeySet(), nil).CheckBody(authzitadel.CheckKeys)
			client := &http.Client{Transport: authhttp.NewTransport(nil, keys)}
			v := rp.NewIDTokenVerifier(p.srv.URL, "web", rp.NewRemoteKeySet(client, p.srv.URL+path), rp.WithSupportedSigningAlgorithms("ES256"))
			_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](t.Context(), p.token(nil), v)
			if (err == nil) != (c.good == 1) {
				t.Errorf("the library says %v", err)
			}
			got.Want("auth.keyset.refreshes", c.good, semconv.ResultSuccess.Attr())
			got.Want("auth.keyset.refreshes", 1-c.good, semconv.ResultError.Attr(), semconv.ErrorTypeUnavailable.Attr())
			got.WantNothingElse()
		})
	}
}

func FuzzCheckKeys(f *testing.F) {
	for _, s := range []string{`{"keys":[]}`, `{"keys":[{"kty":"RSA"}]}`, `{"keys":[1]}`, `{"keys":null}`, `null`, ``, `[]`, `{"keys":[{"kty":"oct","k":"AA"}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := string(body)
		_ = authzitadel.CheckKeys(body)
		if string(body) != before {
			t.Error("the body was changed")
		}
	})
}

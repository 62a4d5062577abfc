// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// A provider that a verifier cannot be made of is refused at start, and not one token
// after the other.
func TestNewProviderVerifierRefuses(t *testing.T) {
	p := newProvider(t)
	configured := (&oidc.ProviderConfig{IssuerURL: p.srv.URL, JWKSURL: p.srv.URL + "/keys"}).NewProvider(t.Context())
	renamed, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(t.Context(), "https://other.example"), p.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, provider := range map[string]*oidc.Provider{"configured": configured, "renamed": renamed} {
		v, err := authoidc.NewProviderVerifier(t.Context(), provider, &oidc.Config{ClientID: "api"}, nil)
		if err == nil || v != nil {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	// What its documentation says to do instead:
	keys := authoidc.NewRemoteKeySet(t.Context(), p.srv.URL+"/keys", nil)
	v := authoidc.NewVerifier("https://other.example", keys, &oidc.Config{ClientID: "api", SupportedSigningAlgs: []string{oidc.ES256}})
	if _, err := v.Verify(t.Context(), p.token(claims{"iss": "https://other.example"})); err != nil {
		t.Error(err)
	}
}

// It goes by the algorithms that go-oidc goes by, or by those of the configuration,
// which stays as it is.
func TestNewProviderVerifierAlgorithms(t *testing.T) {
	p := newProvider(t)
	for _, c := range []struct {
		algorithms []string
		want       error
	}{
		{nil, nil}, // discovered: ES256
		{[]string{oidc.ES256, oidc.RS256}, nil},
		{[]string{oidc.RS256}, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	} {
		config := oidc.Config{ClientID: "api", SupportedSigningAlgs: c.algorithms}
		v, err := authoidc.NewProviderVerifier(t.Context(), p.discover(t.Context()), &config, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), p.token(nil))
		adaptertest.WantRecorded(t, unmapped, c.want, err)
		if len(config.SupportedSigningAlgs) != len(c.algorithms) {
			t.Errorf("the configuration has now %v", config.SupportedSigningAlgs)
		}
	}
}

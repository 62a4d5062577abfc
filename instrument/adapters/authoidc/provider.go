// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/datapunk/otelauth/instrument"
)

// NewProviderVerifier does what [oidc.Provider.VerifierContext] does, and records
// the fetches of the provider's keys on handle, as [NewRemoteKeySet] does.
//
// It needs what discovery said of the provider, and returns an error for one that
// was made from an [oidc.ProviderConfig] or with [oidc.InsecureIssuerURLContext].
// Use [NewVerifier] with [NewRemoteKeySet] for those: their issuer and their keys'
// address are known to you.
func NewProviderVerifier(ctx context.Context, provider *oidc.Provider, config *oidc.Config,
	handle *instrument.KeySet,
) (*Verifier, error) {
	var discovered struct {
		Issuer  string `json:"issuer"`
		JWKSURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&discovered); err != nil {
		return nil, fmt.Errorf("authoidc: the provider was not discovered: %w", err)
	}
	if discovered.JWKSURL == "" {
		return nil, errors.New("authoidc: the provider has no jwks_uri")
	}
	// Which issuer and algorithms go-oidc goes by is known to the provider alone.
	// So it is asked by a token for each algorithm, unsigned and accepted by nobody
	// but this one verifier, which is asked nothing else.
	probe := provider.Verifier(&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, InsecureSkipSignatureCheck: true})
	var algorithms []string
	for _, a := range signatureAlgorithms {
		if _, err := probe.Verify(ctx, unsigned(string(a), discovered.Issuer)); err == nil {
			algorithms = append(algorithms, string(a))
		}
	}
	if len(algorithms) == 0 {
		return nil, errors.New("authoidc: the provider's tokens are to be of another issuer than the one it names")
	}
	c := *config
	if len(c.SupportedSigningAlgs) == 0 {
		c.SupportedSigningAlgs = algorithms
	}
	return NewVerifier(discovered.Issuer, NewRemoteKeySet(ctx, discovered.JWKSURL, handle), &c), nil
}

// unsigned returns a token of an issuer with an empty signature.
func unsigned(algorithm, issuer string) string {
	part := func(v map[string]string) string {
		b, _ := json.Marshal(v) // of a map of strings, which cannot fail
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]string{"alg": algorithm}) + "." + part(map[string]string{"iss": issuer}) + "."
}

// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"encoding/json"
	"errors"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// signatureAlgorithms are those of which go-oidc takes keys.
var signatureAlgorithms = []jose.SignatureAlgorithm{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512,
	oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

var errNoKeys = errors.New("the key set holds no key that a signature can be checked with")

// keyIDs are the names of the keys in a set, "" for a key without one.
type keyIDs map[string]bool

// has reports whether one of the keys can be the one that a token names. A token
// that names none is tried with all.
func (ids keyIDs) has(id string) bool { return id == "" || ids[id] }

// readKeyIDs reads a JWK set by the rules of go-oidc: a key for an algorithm or of a
// kind that it does not know is left out, and any other that cannot be read makes it
// refuse the set.
func readKeyIDs(body []byte) (keyIDs, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, err
	}
	ids := keyIDs{}
	for _, raw := range set.Keys {
		var advertised struct {
			Algorithm string `json:"alg"`
		}
		if err := json.Unmarshal(raw, &advertised); err != nil {
			return nil, err
		}
		if advertised.Algorithm != "" && !signs(advertised.Algorithm) {
			continue
		}
		var key jose.JSONWebKey
		switch err := json.Unmarshal(raw, &key); {
		case errors.Is(err, jose.ErrUnsupportedKeyType):
		case err != nil:
			return nil, err
		default:
			ids[key.KeyID] = true
		}
	}
	return ids, nil
}

func signs(algorithm string) bool {
	for _, a := range signatureAlgorithms {
		if string(a) == algorithm {
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: Apache-2.0

package authzitadel

import (
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

var errNoKeys = errors.New("the key set holds no key that can be used")

// CheckKeys returns an error for the body of an answer that is no JWK set, or one in
// which there is no key that the library can use. It is for authhttp's
// Fetch.CheckBody and safe for concurrent use.
//
// As the library does, it leaves out keys of a kind that is not known, and refuses a
// set in which another cannot be read.
func CheckKeys(body []byte) error {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return err
	}
	usable := 0
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		switch err := key.UnmarshalJSON(raw); {
		case errors.Is(err, jose.ErrUnsupportedKeyType):
		case err != nil:
			return err
		default:
			usable++
		}
	}
	if usable == 0 {
		return errNoKeys
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// forged returns an access token as the provider would make it, signed by a key that the provider does not
// have.
func forged(issuer string) (string, error) {
	key, err := newSigningKey()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.ES256,
		Key:       jose.JSONWebKey{Key: key.key, KeyID: key.id},
	}, nil)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer:   issuer,
		Subject:  userID,
		Audience: jwt.Audience{webID},
		Expiry:   jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}).Claims(map[string]any{"scope": scopeOrders}).Serialize()
}

// tampered returns the token with another signature.
func tampered(token string) string {
	b := []byte(token)
	i := len(b) - 20 // inside the signature, and not at its end, where some bits mean nothing
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

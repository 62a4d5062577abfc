// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Credentials and callers that the traffic has.
const (
	goodKey      = "k-4f1c9a7e2b"
	revokedKey   = "k-90d3b86a15"
	keySubject   = "till-seven"
	tokenSubject = "amara.okafor"
)

// A step is some requests of one client, and what each should be answered.
type step struct {
	kind       string
	method     string
	path       string
	credential string
	times      int
	status     int
	again      bool // from the client of the step before
}

// newSteps returns a round of requests, and those for a time in which billing is down: then its callers are
// told so, and whoever is none is refused all the same.
func newSteps(key ed25519.PrivateKey) (whole, down []step, err error) {
	_, forger, err := ed25519.GenerateKey(nil)
	token := func(method jwt.SigningMethod, key any, audience string, life time.Duration) string {
		t, e := jwt.NewWithClaims(method, claims{jwt.RegisteredClaims{
			Subject:   tokenSubject,
			Audience:  jwt.ClaimStrings{audience},
			ExpiresAt: jwt.NewNumericDate(time.Now().Add(life)),
		}, "billing"}).SignedString(key)
		err = errors.Join(err, e)
		return "Bearer " + t
	}
	good := token(jwt.SigningMethodEdDSA, key, "gateway", time.Hour)
	expired := token(jwt.SigningMethodEdDSA, key, "gateway", -time.Hour)
	elsewhere := token(jwt.SigningMethodEdDSA, key, "warehouse", time.Hour)
	forged := token(jwt.SigningMethodEdDSA, forger, "gateway", time.Hour)
	unsigned := token(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "gateway", time.Hour)

	return []step{
			{"key", "GET", "/orders/1", goodKey, 1, 200, false},
			{"key that writes", "POST", "/orders/1", goodKey, 1, 200, false},
			{"key without the scope", "GET", "/billing/1", goodKey, 1, 403, false},
			{"revoked key", "GET", "/orders/1", revokedKey, 1, 401, false},
			{"wrong key", "GET", "/orders/1", "k-guessed-it", burst, 401, false},
			{"too many requests", "GET", "/orders/1", "k-guessed-it", 2, 429, true},
			{"no credential", "GET", "/orders/1", "", 1, 401, false},
			{"token", "GET", "/billing/1", good, 3, 200, false},
			{"expired token", "GET", "/billing/1", expired, 1, 401, false},
			{"token for elsewhere", "GET", "/billing/1", elsewhere, 1, 401, false},
			{"forged token", "GET", "/billing/1", forged, 1, 401, false},
			{"unsigned token", "GET", "/billing/1", unsigned, 1, 401, false},
			{"broken token", "GET", "/billing/1", "Bearer x.y", 1, 401, false},
			{"second export", "POST", "/billing/export", good, 1, 429, false},
		}, []step{
			{"key, billing down", "GET", "/orders/1", goodKey, 1, 200, false},
			{"token, billing down", "GET", "/billing/1", good, 2, 503, false},
			{"expired, billing down", "GET", "/billing/1", expired, 1, 401, false},
		}, err
}

// SPDX-License-Identifier: Apache-2.0

package authjwt_test

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authjwt"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// A service that checks three tokens: a good one, one that has expired and one that is
// signed with another key.
func Example() {
	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authjwt.MapError))
	checks := rec.Service("api").TokenVerification(semconv.TokenTypeAccess)

	key := []byte("0123456789abcdef0123456789abcdef")
	made := func(key []byte, expiry time.Duration) string {
		claims := jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(time.Now().Add(expiry))}
		raw, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
		return raw
	}
	keys := func(*jwt.Token) (any, error) { return key, nil }
	for _, raw := range []string{made(key, time.Hour), made(key, -time.Hour), made([]byte("another"), time.Hour)} {
		_, err := jwt.Parse(raw, keys, jwt.WithValidMethods([]string{"HS256"}))
		checks.Count(context.Background(), err)
	}

	show("auth.token.verifications")
	// Output:
	// 1 auth.token.verifications auth.failure.reason=bad_signature auth.result=failure auth.token.type=access
	// 1 auth.token.verifications auth.failure.reason=expired auth.result=failure auth.token.type=access
	// 1 auth.token.verifications auth.result=success auth.token.type=access
}

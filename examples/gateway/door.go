// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// caller is who sends a request, once that is known.
type caller struct {
	subject string
	scopes  []string
	byKey   bool
	revoked bool
}

type callerKey struct{}

func callerIn(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// apiKeys are found by their hash, so that the time of a look-up says nothing about the key.
var apiKeys = map[[sha256.Size]byte]caller{
	sha256.Sum256([]byte(goodKey)):    {subject: keySubject, scopes: []string{"orders"}, byKey: true},
	sha256.Sum256([]byte(revokedKey)): {revoked: true},
}

// claims are what a token says.
type claims struct {
	jwt.RegisteredClaims

	Scope string `json:"scope"`
}

// door finds out who a caller is.
type door struct {
	tokens *instrument.Attempts
	key    ed25519.PublicKey
	parser *jwt.Parser
}

func newDoor(svc *instrument.Service, key ed25519.PublicKey) door {
	return door{svc.TokenVerification(semconv.TokenTypeAccess), key, jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithAudience("gateway"), jwt.WithExpirationRequired())}
}

// authenticate lets pass whom it knows. The attempt is recorded by the middleware further out, by the method
// that suits the credential, and ends here: what the policy or the service answers is no part of it.
func (d door) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := d.identify(r)
		instrument.Authenticated(r.Context(), err)
		if err != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// identify checks the credential by which the middleware chose the method.
func (d door) identify(r *http.Request) (caller, error) {
	switch authhttp.Sniff(r) {
	case authhttp.KindAPIKey:
		c, known := apiKeys[sha256.Sum256([]byte(r.Header.Get(authhttp.DefaultAPIKeyHeader)))]
		switch {
		case !known:
			return c, instrument.Failure(semconv.ReasonInvalidCredentials)
		case c.revoked:
			return c, instrument.Failure(semconv.ReasonRevoked)
		}
		return c, nil
	case authhttp.KindBearer:
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		return d.verify(r.Context(), strings.TrimSpace(token))
	}
	return caller{}, instrument.ErrNoCredential
}

// verify checks a token, which is recorded too: by the type of the token, where the attempt is recorded by
// the method. The recorder's mapper knows the errors.
func (d door) verify(ctx context.Context, token string) (_ caller, err error) {
	defer d.tokens.Start().Done(ctx, &err)
	var c claims
	_, err = d.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return d.key, nil })
	return caller{subject: c.Subject, scopes: strings.Fields(c.Scope)}, err
}

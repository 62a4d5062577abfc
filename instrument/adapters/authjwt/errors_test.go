// SPDX-License-Identifier: Apache-2.0

package authjwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authjwt"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// keys of every kind that the library knows.
type keys struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	ed  ed25519.PrivateKey
	mac []byte
}

func newKeys(t testing.TB) (k keys) {
	t.Helper()
	var err [3]error
	k.rsa, err[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, err[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.ed, err[2] = ed25519.GenerateKey(rand.Reader)
	k.mac = []byte("0123456789abcdef0123456789abcdef")
	if err := errors.Join(err[:]...); err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, method jwt.SigningMethod, key any, c jwt.Claims) string {
	t.Helper()
	raw, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// always is a Keyfunc with one answer.
func always(key any, err error) jwt.Keyfunc {
	return func(*jwt.Token) (any, error) { return key, err }
}

func parse(raw string, keys jwt.Keyfunc, opts ...jwt.ParserOption) error {
	_, err := jwt.Parse(raw, keys, opts...)
	return err
}

func at(d time.Duration) float64 { return float64(time.Now().Add(d).Unix()) }

// claimCases are the errors of what a token says.
func claimCases(t *testing.T, k keys) []adaptertest.Case {
	check := func(c jwt.MapClaims, opts ...jwt.ParserOption) error {
		return parse(sign(t, jwt.SigningMethodHS256, k.mac, c), always(k.mac, nil), opts...)
	}
	if err := check(jwt.MapClaims{"exp": at(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	own := func(err error) error {
		_, err = jwt.ParseWithClaims(sign(t, jwt.SigningMethodHS256, k.mac, jwt.MapClaims{}), &scoped{err: err}, always(k.mac, nil))
		return err
	}
	_, none := request.ParseFromRequest(httptest.NewRequest("GET", "/", nil), request.OAuth2Extractor, always(k.mac, nil))
	fail := instrument.Failure
	return []adaptertest.Case{
		{Of: "ErrTokenExpired", Is: jwt.ErrTokenExpired, Err: check(jwt.MapClaims{"exp": at(-time.Hour)}), Want: fail(semconv.ReasonExpired)},
		{Of: "ErrTokenExpired", Name: "and more", Is: jwt.ErrTokenInvalidAudience, Err: check(jwt.MapClaims{"exp": at(-time.Hour), "iss": "x", "aud": "x", "nbf": at(time.Hour)}, jwt.WithAudience("api"), jwt.WithIssuer("id")), Want: fail(semconv.ReasonExpired)},
		{Of: "ErrTokenNotValidYet", Is: jwt.ErrTokenNotValidYet, Err: check(jwt.MapClaims{"nbf": at(time.Hour)}), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "ErrTokenUsedBeforeIssued", Is: jwt.ErrTokenUsedBeforeIssued, Err: check(jwt.MapClaims{"iat": at(time.Hour)}, jwt.WithIssuedAt()), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "ErrTokenInvalidIssuer", Is: jwt.ErrTokenInvalidIssuer, Err: check(jwt.MapClaims{"iss": "x"}, jwt.WithIssuer("id")), Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "ErrTokenInvalidIssuer", Name: "and the audience", Is: jwt.ErrTokenInvalidAudience, Err: check(jwt.MapClaims{"iss": "x", "aud": "x"}, jwt.WithIssuer("id"), jwt.WithAudience("api")), Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "ErrTokenInvalidAudience", Is: jwt.ErrTokenInvalidAudience, Err: check(jwt.MapClaims{"aud": []string{"x", "y"}}, jwt.WithAudience("api")), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "ErrTokenInvalidAudience", Name: "not all", Is: jwt.ErrTokenInvalidAudience, Err: check(jwt.MapClaims{"aud": "api"}, jwt.WithAllAudiences("api", "web")), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "ErrTokenInvalidSubject", Is: jwt.ErrTokenInvalidSubject, Err: check(jwt.MapClaims{"sub": "x"}, jwt.WithSubject("alice")), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "ErrTokenRequiredClaimMissing", Is: jwt.ErrTokenRequiredClaimMissing, Err: check(jwt.MapClaims{}, jwt.WithExpirationRequired()), Want: fail(semconv.ReasonMissing)},
		{Of: "ErrTokenRequiredClaimMissing", Name: "audience", Is: jwt.ErrTokenRequiredClaimMissing, Err: check(jwt.MapClaims{}, jwt.WithAudience("api")), Want: fail(semconv.ReasonMissing)},
		{Of: "ErrInvalidType", Is: jwt.ErrInvalidType, Err: check(jwt.MapClaims{"exp": "soon"}), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrInvalidType", Name: "typed claims", Is: jwt.ErrTokenMalformed, Err: typed(t, k, jwt.MapClaims{"aud": 1}), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrTokenInvalidClaims", Name: "a check of one's own", Is: jwt.ErrTokenInvalidClaims, Err: own(errors.New("scope")), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "ErrTokenInvalidClaims", Name: "a check that says why", Is: jwt.ErrTokenInvalidClaims, Err: own(instrument.Failure(semconv.ReasonRevoked)), Want: fail(semconv.ReasonRevoked)},
		{Of: "ErrTokenInvalidClaims", Name: "a check out of time", Is: jwt.ErrTokenInvalidClaims, Err: own(context.DeadlineExceeded), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "ErrTokenMalformed", Is: jwt.ErrTokenMalformed, Err: parse("token is expired", always(k.mac, nil)), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrTokenMalformed", Name: "base64", Is: jwt.ErrTokenMalformed, Err: parse("!.!.!", always(k.mac, nil)), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrTokenMalformed", Name: "JSON", Is: jwt.ErrTokenMalformed, Err: parse(token("{", "{}"), always(k.mac, nil)), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrTokenMalformed", Name: "claims", Is: jwt.ErrTokenMalformed, Err: parse(token(`{"alg":"HS256"}`, "{"), always(k.mac, nil)), Want: fail(semconv.ReasonMalformed)},
		{Of: "request.ErrNoTokenInRequest", Is: request.ErrNoTokenInRequest, Err: none, Want: instrument.ErrNoCredential},
	}
}

func token(header, payload string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func typed(t *testing.T, k keys, c jwt.MapClaims) error {
	t.Helper()
	_, err := jwt.ParseWithClaims(sign(t, jwt.SigningMethodHS256, k.mac, c), &jwt.RegisteredClaims{}, always(k.mac, nil))
	return err
}

// scoped are claims with a check of their own.
type scoped struct {
	jwt.RegisteredClaims
	err error
}

func (s *scoped) Validate() error { return s.err }

// signatureCases are the errors of signatures.
func signatureCases(t *testing.T, k keys) []adaptertest.Case {
	other := newKeys(t)
	none := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, jwt.MapClaims{})
	fail := instrument.Failure
	bad, unsupported := fail(semconv.ReasonBadSignature), fail(semconv.ReasonUnsupportedAlgorithm)
	by := func(m jwt.SigningMethod, private, public any, opts ...jwt.ParserOption) error {
		return parse(sign(t, m, private, jwt.MapClaims{}), always(public, nil), opts...)
	}
	return []adaptertest.Case{
		{Of: "ErrSignatureInvalid", Is: jwt.ErrSignatureInvalid, Err: by(jwt.SigningMethodHS256, k.mac, []byte("another")), Want: bad},
		{Of: "ErrECDSAVerification", Is: jwt.ErrECDSAVerification, Err: by(jwt.SigningMethodES256, k.ec, other.ec.Public()), Want: bad},
		{Of: "ErrEd25519Verification", Is: jwt.ErrEd25519Verification, Err: by(jwt.SigningMethodEdDSA, k.ed, other.ed.Public()), Want: bad},
		{Of: "ErrTokenSignatureInvalid", Name: "RSA", Is: rsa.ErrVerification, Err: by(jwt.SigningMethodRS256, k.rsa, other.rsa.Public()), Want: bad},
		{Of: "ErrTokenSignatureInvalid", Name: "RSA-PSS", Is: rsa.ErrVerification, Err: by(jwt.SigningMethodPS256, k.rsa, other.rsa.Public()), Want: bad},
		{Of: "ErrTokenSignatureInvalid", Name: "one of several keys", Is: jwt.ErrTokenSignatureInvalid, Err: by(jwt.SigningMethodES256, k.ec, jwt.VerificationKeySet{Keys: []jwt.VerificationKey{other.ec.Public(), other.ec.Public()}}), Want: bad},
		{Of: "ErrTokenSignatureInvalid", Name: "a disallowed method", Is: jwt.ErrTokenSignatureInvalid, Err: by(jwt.SigningMethodHS256, k.mac, k.mac, jwt.WithValidMethods([]string{"ES256"})), Want: unsupported},
		{Of: "ErrInvalidKeyType", Is: jwt.ErrInvalidKeyType, Err: by(jwt.SigningMethodHS256, k.mac, k.rsa.Public()), Want: unsupported},
		{Of: "ErrHashUnavailable", Is: jwt.ErrHashUnavailable, Err: parse(sign(t, unlinked(t), k.mac, jwt.MapClaims{}), always(k.mac, nil)), Want: unsupported},
		{Of: "NoneSignatureTypeDisallowedError", Is: jwt.NoneSignatureTypeDisallowedError, Err: parse(none, always(k.mac, nil)), Want: unsupported},
		{Of: "ErrTokenUnverifiable", Name: "none with a signature", Is: jwt.ErrTokenUnverifiable, Err: parse(none+"c2ln", always(jwt.UnsafeAllowNoneSignatureType, nil)), Want: unsupported},
		{Of: "ErrInvalidKey", Is: jwt.ErrInvalidKey, Err: by(jwt.SigningMethodEdDSA, k.ed, ed25519.PublicKey("short")), Want: internal},
		{Of: "ErrTokenSignatureInvalid", Name: "a method that asks somebody", Is: jwt.ErrTokenSignatureInvalid, Err: parse(asked(context.DeadlineExceeded), always(k.mac, nil)), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "ErrTokenSignatureInvalid", Name: "a method of one's own", Is: jwt.ErrTokenSignatureInvalid, Err: parse(asked(errors.New("no")), always(k.mac, nil)), Want: bad},
	}
}

var internal = instrument.Error(semconv.ErrorTypeInternal)

// keyCases are the errors of tokens without a key.
func keyCases(t *testing.T, k keys) []adaptertest.Case {
	raw := sign(t, jwt.SigningMethodHS256, k.mac, jwt.MapClaims{})
	unsupported := instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	pem := func(_ any, err error) error { return err }
	_, notRSA := jwt.ParseRSAPublicKeyFromPEM(publicPEM(t, k.ec.Public()))
	_, notEC := jwt.ParseECPublicKeyFromPEM(publicPEM(t, k.rsa.Public()))
	_, notEd := jwt.ParseEdPublicKeyFromPEM(publicPEM(t, k.rsa.Public()))
	_, notRSAPrivate := jwt.ParseRSAPrivateKeyFromPEM(privatePEM(t, k.ec))
	_, notECPrivate := jwt.ParseECPrivateKeyFromPEM(privatePEM(t, k.rsa))
	_, notEdPrivate := jwt.ParseEdPrivateKeyFromPEM(privatePEM(t, k.rsa))
	asKey := func(err error) error { return parse(raw, always(nil, err)) } // as a Keyfunc would pass it on
	return []adaptertest.Case{
		{Of: "ErrTokenUnverifiable", Name: "no such method", Is: jwt.ErrTokenUnverifiable, Err: parse(token(`{"alg":"X"}`, "{}"), always(k.mac, nil)), Want: unsupported},
		{Of: "ErrTokenUnverifiable", Name: "no method", Is: jwt.ErrTokenUnverifiable, Err: parse(token(`{}`, "{}"), always(k.mac, nil)), Want: unsupported},
		{Of: "ErrTokenUnverifiable", Name: "no Keyfunc", Is: jwt.ErrTokenUnverifiable, Err: parse(raw, nil), Want: unsupported},
		{Of: "ErrTokenUnverifiable", Name: "an unknown key", Is: jwt.ErrTokenUnverifiable, Err: asKey(instrument.Failure(semconv.ReasonUnknownKey)), Want: instrument.Failure(semconv.ReasonUnknownKey)},
		{Of: "ErrTokenUnverifiable", Name: "for a reason nobody knows", Is: jwt.ErrTokenUnverifiable, Err: asKey(errors.New("no key")), Want: adaptertest.Unknown},
		{Of: "ErrKeyMustBePEMEncoded", Is: jwt.ErrKeyMustBePEMEncoded, Err: asKey(pem(jwt.ParseRSAPublicKeyFromPEM([]byte("key")))), Want: internal},
		{Of: "ErrNotRSAPublicKey", Is: jwt.ErrNotRSAPublicKey, Err: asKey(notRSA), Want: internal},
		{Of: "ErrNotECPublicKey", Is: jwt.ErrNotECPublicKey, Err: asKey(notEC), Want: internal},
		{Of: "ErrNotEdPublicKey", Is: jwt.ErrNotEdPublicKey, Err: asKey(notEd), Want: internal},
		{Of: "ErrNotRSAPrivateKey", Is: jwt.ErrNotRSAPrivateKey, Err: notRSAPrivate, Want: internal},
		{Of: "ErrNotECPrivateKey", Is: jwt.ErrNotECPrivateKey, Err: notECPrivate, Want: internal},
		{Of: "ErrNotEdPrivateKey", Is: jwt.ErrNotEdPrivateKey, Err: notEdPrivate, Want: internal},
	}
}

func TestMapError(t *testing.T) {
	k := newKeys(t)
	cases := append(claimCases(t, k), signatureCases(t, k)...)
	cases = append(cases, keyCases(t, k)...)
	adaptertest.Run(t, authjwt.MapError, cases)
	adaptertest.WantAll(t, cases, map[string]string{
		"ErrTokenInvalidId": "the library has no check that returns it",
	}, "github.com/golang-jwt/jwt/v5", ".", "request")
	adaptertest.WantRecorded(t, authjwt.MapError, instrument.Failure(semconv.ReasonBindingMismatch), jwt.ErrTokenInvalidId)
}

func TestMapErrorOfOthers(t *testing.T) {
	for _, err := range []error{nil, errors.New(jwt.ErrTokenExpired.Error()), context.Canceled} {
		if got := authjwt.MapError(err); got != nil {
			t.Errorf("%v: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authjwt.MapError, adaptertest.Unknown, errors.New(jwt.ErrTokenExpired.Error()), loop{})
	adaptertest.WantRecorded(t, authjwt.MapError, instrument.Failure(semconv.ReasonBadSignature),
		jwt.ErrTokenSignatureInvalid, errors.Join(errors.New("x"), jwt.ErrTokenSignatureInvalid)) // by a program itself
	adaptertest.WantRecorded(t, authjwt.MapError, instrument.Failure(semconv.ReasonUnsupportedAlgorithm), jwt.ErrTokenUnverifiable)
}

// loop wraps itself for ever.
type loop struct{}

func (loop) Error() string   { return "loop" }
func (l loop) Unwrap() error { return l }

// Whatever a client sends is refused for a reason, and never counts as our trouble.
func FuzzMapError(f *testing.F) {
	k := newKeys(f)
	good := sign(f, jwt.SigningMethodHS256, k.mac, jwt.MapClaims{"aud": "api"})
	for _, raw := range []string{good, good + "x", "..", "a.b.c", token(`{"alg":"none"}`, "{}"), token(`{"alg":"ES256"}`, `{"exp":"x"}`), token("null", "null")} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, opts := range [][]jwt.ParserOption{nil, {jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience("api")}} {
			err := parse(raw, always(k.mac, nil), opts...)
			if err == nil {
				continue
			}
			var says instrument.Reasoner
			if !errors.As(authjwt.MapError(err), &says) || says.AuthReason() == semconv.ReasonOther {
				t.Errorf("%v has no reason", err)
			}
		}
	})
}

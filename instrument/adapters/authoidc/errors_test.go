// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

func TestMapErrorOfGoOIDC(t *testing.T) {
	p := newProvider(t)
	own := p.discover(t.Context()).Verifier(&oidc.Config{ClientID: "api"})
	_, expired := own.Verify(t.Context(), p.token(claims{"exp": 1}))
	_, without := own.Verify(t.Context(), p.token(claims{"exp": nil}))
	_, mismatch := oidc.NewProvider(t.Context(), p.srv.URL+"/")
	cases := []adaptertest.Case{
		{Of: "oidc.TokenExpiredError", Err: expired, Want: instrument.Failure(semconv.ReasonExpired)},
		{Of: "oidc.TokenExpiredError", Name: "without exp", Err: without, Want: instrument.Failure(semconv.ReasonMissing)},
		{Of: "oidc.IssuerMismatchError", Err: mismatch, Want: instrument.Error(semconv.ErrorTypeInternal)},
	}
	adaptertest.Run(t, authoidc.MapError, cases)
	adaptertest.WantAll(t, cases, nil, "github.com/coreos/go-oidc/v3", "oidc")
}

// joseErrorCases are the errors that go-jose returns, mostly for tokens of its own making.
func joseErrorCases(t *testing.T) []adaptertest.Case {
	key, stranger := newKey(t), newKey(t)
	es256 := []jose.SignatureAlgorithm{jose.ES256}
	parse := func(raw string) *jwt.JSONWebToken {
		t.Helper()
		token, err := jwt.ParseSigned(raw, es256)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	token := parse(sign(t, key, jose.ES256, "one", claims{"sub": "alice"}))
	read := func(payload any) error {
		var into jwt.Claims
		return parse(sign(t, key, jose.ES256, "one", payload)).Claims(key.Public(), &into)
	}
	now := time.Unix(1_000_000, 0)
	validate := func(c jwt.Claims, e jwt.Expected) error {
		e.Time = now
		return c.ValidateWithLeeway(e, 0)
	}
	at := func(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(now.Add(d)) }
	header := func(h, payload string) error {
		parsed, err := jose.ParseSignedCompact(segment(h)+"."+segment(payload)+"."+segment("s"), es256)
		if err != nil {
			return err
		}
		_, err = parsed.Verify(key.Public())
		return err
	}
	_, algorithm := jwt.ParseSigned(sign(t, key, jose.ES256, "", claims{}), []jose.SignatureAlgorithm{jose.RS256})
	_, nonce := jose.ParseSignedJSON(`{"payload":"","signatures":[{"header":{"alg":"ES256","nonce":"n"},"signature":""}]}`, es256)
	_, chain := token.Headers[0].Certificates(x509.VerifyOptions{})
	_, cannotSign := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	_, size := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: []byte("short")}, nil)
	unserializable := func() error {
		signer, err := jose.NewMultiSigner([]jose.SigningKey{{Algorithm: jose.ES256, Key: key}, {Algorithm: jose.ES256, Key: key}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = jws.CompactSerialize()
		return err
	}
	encrypter, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: make([]byte, 16)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jwe, err := encrypter.Encrypt([]byte("not a token"))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jwe.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	_, contentType := jwt.ParseSignedAndEncrypted(compact, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A128GCM}, es256)
	_, decrypted := jwe.Decrypt(append(make([]byte, 15), 1))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, unclaimable := jwt.Signed(signer).Claims("text").Serialize()

	fail := instrument.Failure
	return []adaptertest.Case{
		{Of: "jwt.ErrExpired", Is: jwt.ErrExpired, Err: validate(jwt.Claims{Expiry: at(-1)}, jwt.Expected{}), Want: fail(semconv.ReasonExpired)},
		{Of: "jwt.ErrNotValidYet", Is: jwt.ErrNotValidYet, Err: validate(jwt.Claims{NotBefore: at(time.Hour)}, jwt.Expected{}), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "jwt.ErrIssuedInTheFuture", Is: jwt.ErrIssuedInTheFuture, Err: validate(jwt.Claims{IssuedAt: at(time.Hour)}, jwt.Expected{}), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "jwt.ErrInvalidIssuer", Is: jwt.ErrInvalidIssuer, Err: validate(jwt.Claims{}, jwt.Expected{Issuer: "i"}), Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "jwt.ErrInvalidAudience", Is: jwt.ErrInvalidAudience, Err: validate(jwt.Claims{}, jwt.Expected{AnyAudience: jwt.Audience{"a"}}), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "jwt.ErrInvalidSubject", Is: jwt.ErrInvalidSubject, Err: validate(jwt.Claims{}, jwt.Expected{Subject: "s"}), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "jwt.ErrInvalidID", Is: jwt.ErrInvalidID, Err: validate(jwt.Claims{}, jwt.Expected{ID: "j"}), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "jwt.ErrUnmarshalAudience", Is: jwt.ErrUnmarshalAudience, Err: read(claims{"aud": 1}), Want: fail(semconv.ReasonMalformed)},
		{Of: "jwt.ErrUnmarshalNumericDate", Is: jwt.ErrUnmarshalNumericDate, Err: read(claims{"exp": "soon"}), Want: fail(semconv.ReasonMalformed)},
		{Of: "jwt.ErrInvalidContentType", Is: jwt.ErrInvalidContentType, Err: contentType, Want: fail(semconv.ReasonMalformed)},
		{Of: "jwt.ErrInvalidClaims", Is: jwt.ErrInvalidClaims, Err: unclaimable, Want: instrument.Error(semconv.ErrorTypeInternal)},

		{Of: "ErrUnexpectedSignatureAlgorithm", Err: algorithm, Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "ErrUnexpectedSignatureAlgorithm", Name: "none given", Err: header(`{}`, "{}"), Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrCryptoFailure", Is: jose.ErrCryptoFailure, Err: token.Claims(stranger.Public(), &claims{}), Want: fail(semconv.ReasonBadSignature)},
		{Of: "ErrCryptoFailure", Name: "of an encrypted one", Is: jose.ErrCryptoFailure, Err: decrypted, Want: fail(semconv.ReasonBadSignature)},
		{Of: "ErrJWKSKidNotFound", Is: jose.ErrJWKSKidNotFound, Err: token.Claims(jose.JSONWebKeySet{}, &claims{}), Want: fail(semconv.ReasonUnknownKey)},
		{Of: "ErrUnsupportedCriticalHeader", Is: jose.ErrUnsupportedCriticalHeader, Err: header(`{"alg":"ES256","crit":["x"]}`, "{}"), Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "ErrUnsupportedKeyType", Is: jose.ErrUnsupportedKeyType, Err: header(`{"alg":"ES256","jwk":{"kty":"OKP","crv":"X448","x":"AA"}}`, "{}"), Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "ErrUnsupportedAlgorithm", Is: jose.ErrUnsupportedAlgorithm, Err: cannotSign, Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "ErrUnprotectedNonce", Is: jose.ErrUnprotectedNonce, Err: nonce, Want: fail(semconv.ReasonMalformed)},
		{Of: "ErrMissingX5cHeader", Is: jose.ErrMissingX5cHeader, Err: chain, Want: fail(semconv.ReasonMissing)},
		{Of: "ErrInvalidKeySize", Is: jose.ErrInvalidKeySize, Err: size, Want: instrument.Error(semconv.ErrorTypeInternal)},
		{Of: "ErrNotSupported", Is: jose.ErrNotSupported, Err: unserializable(), Want: instrument.Error(semconv.ErrorTypeInternal)},
		{Of: "", Name: "base64", Err: header("", "{}"), Want: fail(semconv.ReasonMalformed)},
		{Of: "json.SyntaxError", Err: read("no JSON"), Want: fail(semconv.ReasonMalformed)},
		{Of: "json.UnmarshalTypeError", Err: read(claims{"sub": 1}), Want: fail(semconv.ReasonMalformed)},
	}
}

func TestMapErrorOfGoJose(t *testing.T) {
	cases := joseErrorCases(t)
	adaptertest.Run(t, authoidc.MapError, cases)
	const never = "comes of marshalling our own values, or of a wrong argument, and not of a token"
	adaptertest.WantAll(t, cases, map[string]string{
		"ErrNotPublic":               "the library says that it cannot happen",
		"json.InvalidUnmarshalError": never,
		"json.InvalidUTF8Error":      never,
		"json.MarshalerError":        never,
		"json.UnmarshalFieldError":   never,
		"json.UnsupportedTypeError":  never,
		"json.UnsupportedValueError": never,
	}, "github.com/go-jose/go-jose/v4", ".", "jwt", "json")
	adaptertest.WantRecorded(t, authoidc.MapError, instrument.Error(semconv.ErrorTypeInternal), jose.ErrNotPublic)
}

// Errors that are not what they seem do no harm.
func TestMapErrorOfHostileErrors(t *testing.T) {
	for _, err := range []error{errors.New("oidc: token is expired"), (*oidc.TokenExpiredError)(nil), (*jose.ErrUnexpectedSignatureAlgorithm)(nil), nil} {
		if got := authoidc.MapError(err); got != nil {
			t.Errorf("%T: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authoidc.MapError, adaptertest.Unknown, errors.New("oidc: token is expired"))
	adaptertest.WantRecorded(t, authoidc.MapError, adaptertest.Unknown, loop{})
}

// loop wraps itself for ever.
type loop struct{}

func (loop) Error() string   { return "loop" }
func (l loop) Unwrap() error { return l }

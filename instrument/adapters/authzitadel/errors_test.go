// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

const module = "github.com/zitadel/oidc/v3"

var (
	internal    = instrument.Error(semconv.ErrorTypeInternal)
	unavailable = instrument.Error(semconv.ErrorTypeUnavailable)
)

// tokenCases are the errors of a token that is checked.
func tokenCases(t *testing.T, p *provider) []adaptertest.Case {
	verify := func(raw string, opts ...rp.VerifierOption) error {
		keys := rp.NewRemoteKeySet(http.DefaultClient, p.srv.URL+"/keys")
		v := rp.NewIDTokenVerifier(p.srv.URL, "web", keys, append([]rp.VerifierOption{rp.WithSupportedSigningAlgorithms("ES256")}, opts...)...)
		_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](t.Context(), raw, v)
		return err
	}
	with := func(c claims, opts ...rp.VerifierOption) error { return verify(p.token(c), opts...) }
	if err := with(nil); err != nil {
		t.Fatal(err)
	}
	stranger := newProvider(t)
	checkSignature := func(raw, payload string, keys oidc.KeySet) error {
		return oidc.CheckSignature(t.Context(), raw, []byte(payload), &oidc.TokenClaims{}, []string{"ES256"}, keys)
	}
	_, assertion := op.VerifyJWTAssertion(t.Context(), p.token(claims{"iss": "client", "aud": p.srv.URL}),
		op.NewJWTProfileVerifierKeySet(nil, p.srv.URL, time.Hour, 0))
	_, hint := op.VerifyIDTokenHint[*oidc.IDTokenClaims](t.Context(), p.token(claims{"exp": 1}),
		op.NewIDTokenHintVerifier(p.srv.URL, rp.NewRemoteKeySet(http.DefaultClient, p.srv.URL+"/keys"), op.WithSupportedIDTokenHintSigningAlgorithms("ES256")))
	_, discovered := client.Discover(t.Context(), p.srv.URL+"/", http.DefaultClient)
	fail := instrument.Failure

	return []adaptertest.Case{
		{Of: "oidc.ErrExpired", Is: oidc.ErrExpired, Err: with(claims{"exp": 1}), Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrExpired", Name: "of a hint", Is: oidc.ErrExpired, Err: hint, Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrIatToOld", Is: oidc.ErrIatToOld, Err: with(claims{"iat": in(-time.Hour)}, rp.WithIssuedAtMaxAge(time.Minute)), Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrAuthTimeToOld", Is: oidc.ErrAuthTimeToOld, Err: with(claims{"auth_time": in(-time.Hour)}, rp.WithAuthTimeMaxAge(time.Minute)), Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrIatInFuture", Is: oidc.ErrIatInFuture, Err: with(claims{"iat": in(time.Hour)}), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "oidc.ErrIssuerInvalid", Is: oidc.ErrIssuerInvalid, Err: with(claims{"iss": "x"}), Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "oidc.ErrIssuerInvalid", Name: "discovered", Is: oidc.ErrIssuerInvalid, Err: discovered, Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "oidc.ErrSubjectInvalid", Is: oidc.ErrSubjectInvalid, Err: assertion, Want: fail(semconv.ReasonIssuerMismatch)},
		{Of: "oidc.ErrAudience", Is: oidc.ErrAudience, Err: with(claims{"aud": "x"}), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "oidc.ErrAzpInvalid", Is: oidc.ErrAzpInvalid, Err: with(claims{"azp": "x"}), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "oidc.ErrNonceInvalid", Is: oidc.ErrNonceInvalid, Err: with(claims{"nonce": "x"}), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "oidc.ErrAtHash", Is: oidc.ErrAtHash, Err: rp.VerifyAccessToken("token", "hash of another", jose.ES256), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "oidc.ErrAcrInvalid", Is: oidc.ErrAcrInvalid, Err: with(nil, rp.WithACRVerifier(oidc.DefaultACRVerifier([]string{"high"}))), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "oidc.ErrSubjectMissing", Is: oidc.ErrSubjectMissing, Err: with(claims{"sub": nil}), Want: fail(semconv.ReasonMissing)},
		{Of: "oidc.ErrAzpMissing", Is: oidc.ErrAzpMissing, Err: with(claims{"aud": []string{"web", "x"}}), Want: fail(semconv.ReasonMissing)},
		{Of: "oidc.ErrIatMissing", Is: oidc.ErrIatMissing, Err: with(claims{"iat": nil}), Want: fail(semconv.ReasonMissing)},
		{Of: "oidc.ErrAuthTimeNotPresent", Is: oidc.ErrAuthTimeNotPresent, Err: with(nil, rp.WithAuthTimeMaxAge(time.Minute)), Want: fail(semconv.ReasonMissing)},
		{Of: "oidc.ErrParse", Is: oidc.ErrParse, Err: verify("x"), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrParse", Name: "payload", Is: oidc.ErrParse, Err: verify("a.!.c"), Want: fail(semconv.ReasonMalformed)},
		{Of: "", Name: "no claims inside", Err: verify(sign(t, p.key, "one", "JWT", "text")), Want: fail(semconv.ReasonMalformed)},
		{Of: "", Name: "a claim of another kind", Err: with(claims{"sub": 1}), Want: fail(semconv.ReasonMalformed)},

		{Of: "oidc.ErrSignatureInvalid", Is: oidc.ErrSignatureInvalid, Err: verify(sign(t, stranger.key, "one", "JWT", p.claims(nil))), Want: fail(semconv.ReasonBadSignature)},
		{Of: "oidc.ErrKeyNone", Is: oidc.ErrKeyNone, Err: verify(sign(t, stranger.key, "two", "JWT", p.claims(nil))), Want: fail(semconv.ReasonUnknownKey)},
		{Of: "oidc.ErrKeyMultiple", Is: oidc.ErrKeyMultiple, Err: verifyAgainstTwoKeys(t), Want: fail(semconv.ReasonUnknownKey)},
		{Of: "oidc.ErrSignatureUnsupportedAlg", Is: oidc.ErrSignatureUnsupportedAlg, Err: verify(sign(t, make([]byte, 32), "one", "JWT", p.claims(nil))), Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "oidc.ErrSignatureMultiple", Is: oidc.ErrSignatureMultiple, Err: checkSignature(twice(t, p), "{}", nil), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrSignatureInvalidPayload", Is: oidc.ErrSignatureInvalidPayload, Err: checkSignature(p.token(nil), "another", anything{}), Want: fail(semconv.ReasonBadSignature)},
		{Of: "oidc.ErrSignatureInvalid", Name: "crit", Err: checkSignature(critical(t, p), "{}", against{p.key.Public()}), Want: fail(semconv.ReasonUnsupportedAlgorithm)},
		{Of: "oidc.ErrSignatureInvalid", Name: "a key that is none", Err: checkSignature(p.token(nil), "{}", against{"text"}), Want: internal},
		{Of: "oidc.ErrSignatureInvalid", Name: "a key set that says so", Err: checkSignature(p.token(nil), "{}", refuses{instrument.Failure(semconv.ReasonRevoked)}), Want: fail(semconv.ReasonRevoked)},
		{Of: "oidc.ErrSignatureInvalid", Name: "a key set out of time", Err: checkSignature(p.token(nil), "{}", refuses{context.DeadlineExceeded}), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "crypto.ErrUnsupportedAlgorithm", Is: crypto.ErrUnsupportedAlgorithm, Err: rp.VerifyAccessToken("token", "hash", "HS256"), Want: fail(semconv.ReasonUnsupportedAlgorithm)},
	}
}

// anything is a key set that takes every signature for its own.
type anything struct{}

func (anything) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	return jws.UnsafePayloadWithoutVerification(), nil
}

// against is a key set of one key.
type against struct{ key any }

func (a against) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	return jws.Verify(a.key)
}

// refuses is a key set that has no key, for a reason.
type refuses struct{ why error }

func (r refuses) VerifySignature(context.Context, *jose.JSONWebSignature) ([]byte, error) {
	return nil, r.why
}

func verifyAgainstTwoKeys(t *testing.T) error {
	t.Helper()
	p := newProvider(t)
	key := jose.JSONWebKey{Key: p.key.Public(), Use: "sig"}
	p.set("/keys", body(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key, key}}))
	v := rp.NewIDTokenVerifier(p.srv.URL, "web", rp.NewRemoteKeySet(http.DefaultClient, p.srv.URL+"/keys"), rp.WithSupportedSigningAlgorithms("ES256"))
	_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](t.Context(), p.token(nil), v)
	return err
}

func twice(t *testing.T, p *provider) string {
	t.Helper()
	key := jose.SigningKey{Algorithm: jose.ES256, Key: p.key}
	signer, err := jose.NewMultiSigner([]jose.SigningKey{key, key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return jws.FullSerialize()
}

func critical(t *testing.T, p *provider) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key},
		(&jose.SignerOptions{}).WithHeader("crit", []string{"x"}))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// ours are the errors of keys and of configuration.
func ourCases(t *testing.T, p *provider) []adaptertest.Case {
	_, _, pem := crypto.BytesToPrivateKey([]byte("key"))
	_, _, format := crypto.BytesToPrivateKey([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	_, _, kind := crypto.BytesToPrivateKey(x25519(t))
	_, short := crypto.DecryptAES("AAAA", "0123456789abcdef") //nolint:staticcheck // what old tokens are decrypted with
	_, option := rp.NewRelyingPartyOAuth(nil, rp.WithPKCEFromDiscovery(nil))
	_, binding := rp.NewRelyingPartyOIDC(t.Context(), p.srv.URL, "web", "", "", nil, rp.WithKeyBinding(nil, jose.ES256))
	_, ends := rp.EndSession(t.Context(), p.relyingParty(), "", "", "", "", nil)
	return []adaptertest.Case{
		{Of: "crypto.ErrPEMDecode", Is: crypto.ErrPEMDecode, Err: pem, Want: internal},
		{Of: "crypto.ErrUnsupportedFormat", Is: crypto.ErrUnsupportedFormat, Err: format, Want: internal},
		{Of: "crypto.ErrUnsupportedPrivateKey", Is: crypto.ErrUnsupportedPrivateKey, Err: kind, Want: internal},
		{Of: "crypto.ErrCipherTextBlockSize", Is: crypto.ErrCipherTextBlockSize, Err: short, Want: instrument.Failure(semconv.ReasonMalformed)},
		{Of: "client.ErrEndpointNotSet", Is: client.ErrEndpointNotSet, Err: ends, Want: internal},
		{Of: "rp.ErrInvalidOption", Is: rp.ErrInvalidOption, Err: option, Want: internal},
		{Of: "rp.ErrInvalidKeyBinding", Is: rp.ErrInvalidKeyBinding, Err: binding, Want: internal},
		{Of: "rp.ErrRelyingPartyNotSupportRevokeCaller", Is: rp.ErrRelyingPartyNotSupportRevokeCaller, Err: rp.RevokeToken(t.Context(), p.relyingParty(), "t", ""), Want: internal},
	}
}

func TestMapError(t *testing.T) {
	p := newProvider(t)
	cases := tokenCases(t, p)
	cases = append(cases, ourCases(t, p)...)
	cases = append(cases, exchangeCases(t, p)...)
	cases = append(cases, protocolCases(t, p)...)
	adaptertest.Run(t, authzitadel.MapError, cases)
	adaptertest.WantAll(t, cases, map[string]string{
		"oidc.ErrSignatureMissing": "the JSON form without a signature is read as one with an empty one, and the compact form has one",
	}, module, "pkg/oidc", "pkg/client", "pkg/client/rp", "pkg/crypto", "pkg/http")
	adaptertest.WantRecorded(t, authzitadel.MapError, instrument.Failure(semconv.ReasonMissing), oidc.ErrSignatureMissing)
}

func TestMapErrorOfOthers(t *testing.T) {
	var none *oidc.Error
	for _, err := range []error{nil, errors.New(oidc.ErrExpired.Error()), &oidc.Error{ErrorType: "expired"}} {
		if got := authzitadel.MapError(err); got != nil {
			t.Errorf("%T: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authzitadel.MapError, adaptertest.Unknown, errors.New(oidc.ErrExpired.Error()), none, loop{})
	adaptertest.WantRecorded(t, authzitadel.MapError, instrument.Error(semconv.ErrorTypeTimeout), context.DeadlineExceeded)
	adaptertest.WantRecorded(t, authzitadel.MapError, instrument.Failure(semconv.ReasonBadSignature),
		oidc.ErrSignatureInvalid, errors.Join(errors.New("login"), oidc.ErrSignatureInvalid)) // of a verifier of one's own
}

// loop wraps itself for ever.
type loop struct{}

func (loop) Error() string   { return "loop" }
func (l loop) Unwrap() error { return l }

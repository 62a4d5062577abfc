// SPDX-License-Identifier: Apache-2.0

package authop_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel/authop"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

const issuer = "http://127.0.0.1:9998"

// newProvider is the library's own provider, on the storage of its example.
func newProvider(t testing.TB) (*op.Provider, *storage.Storage) {
	t.Helper()
	storage.RegisterClients(storage.WebClient("web", "secret", "http://127.0.0.1/back"))
	store := storage.NewStorage(storage.NewUserStore(issuer))
	p, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("key"))}, store, op.StaticIssuer(issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	return p, store
}

// request is one to the token endpoint.
func request(form url.Values, header string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, issuer+"/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	return r
}

func basic(user, secret string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, secret)
	return r.Header.Get("Authorization")
}

// badKey is a signing key that does not fit its algorithm.
type badKey struct{}

func (badKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (badKey) Key() any                                    { return "key" }
func (badKey) ID() string                                  { return "one" }

func TestMapError(t *testing.T) {
	p, store := newProvider(t)
	authenticate := func(form url.Values, header string) error {
		_, _, err := op.ClientIDFromRequest(request(form, header), p)
		return err
	}
	alone := func(header string) error {
		_, err := op.ClientBasicAuth(request(nil, header), store)
		return err
	}
	_, signer := op.SignerFromKey(badKey{})
	validate := func(s string) error { return op.ValidateIssuer(s, false) }
	device := func() error { // the second with one code
		_ = store.StoreDeviceAuthorization(t.Context(), "web", "device", "code", time.Now().Add(time.Hour), nil)
		return store.StoreDeviceAuthorization(t.Context(), "web", "device2", "code", time.Now().Add(time.Hour), nil)
	}
	_, _, refresh := store.GetRefreshTokenInfo(t.Context(), "web", "nothing")
	legacy := op.NewLegacyServer(p, op.Endpoints{})
	_, verify := legacy.VerifyAuthRequest(t.Context(), &op.Request[oidc.AuthRequest]{Data: &oidc.AuthRequest{}})
	_, hint := op.VerifyIDTokenHint[*oidc.IDTokenClaims](t.Context(), expired(t),
		op.NewIDTokenHintVerifier(issuer, anything{}, op.WithSupportedIDTokenHintSigningAlgorithms("HS256")))
	internal := instrument.Error(semconv.ErrorTypeInternal)
	fail := instrument.Failure
	cases := []adaptertest.Case{
		{Of: "op.ErrNoClientCredentials", Is: op.ErrNoClientCredentials, Err: alone(""), Want: instrument.ErrNoCredential},
		{Of: "op.ErrMissingClientID", Is: op.ErrMissingClientID, Err: authenticate(nil, ""), Want: fail(semconv.ReasonMissing)},
		{Of: "op.ErrInvalidAuthHeader", Is: op.ErrInvalidAuthHeader, Err: authenticate(nil, basic("%", "s")), Want: fail(semconv.ReasonMalformed)},
		{Of: "", Name: "a wrong secret", Is: oidc.ErrUnauthorizedClient(), Err: authenticate(nil, basic("web", "guess")), Want: fail(semconv.ReasonInvalidCredentials)},
		{Of: "op.ErrInvalidRefreshToken", Is: op.ErrInvalidRefreshToken, Err: refresh, Want: fail(semconv.ReasonInvalidCredentials)},
		{Of: "op.ErrAuthReqMissingClientID", Is: op.ErrAuthReqMissingClientID, Err: verify, Want: fail(semconv.ReasonMissing)},
		{Of: "op.ErrDuplicateUserCode", Is: op.ErrDuplicateUserCode, Err: device(), Want: internal},
		{Of: "op.ErrSignerCreationFailed", Is: op.ErrSignerCreationFailed, Err: signer, Want: internal},
		{Of: "op.ErrNilEndpoint", Is: op.ErrNilEndpoint, Err: (*op.Endpoint)(nil).Validate(), Want: internal},
		{Of: "op.ErrInvalidIssuerPath", Is: op.ErrInvalidIssuerPath, Err: validate("https://id.example/#x"), Want: internal},
		{Of: "op.ErrInvalidIssuerNoIssuer", Is: op.ErrInvalidIssuerNoIssuer, Err: validate(""), Want: internal},
		{Of: "op.ErrInvalidIssuerURL", Is: op.ErrInvalidIssuerURL, Err: validate(":"), Want: internal},
		{Of: "op.ErrInvalidIssuerMissingHost", Is: op.ErrInvalidIssuerMissingHost, Err: validate("https:///x"), Want: internal},
		{Of: "op.ErrInvalidIssuerHTTPS", Is: op.ErrInvalidIssuerHTTPS, Err: validate("http://id.example"), Want: internal},
		{Of: "op.StatusError", Name: "500", Err: op.NewStatusError(oidc.ErrInvalidRequest(), 500), Want: internal},
		{Of: "op.StatusError", Name: "503", Err: op.NewStatusError(errors.New("x"), 503), Want: instrument.Error(semconv.ErrorTypeUnavailable)},
		{Of: "op.StatusError", Name: "500 of a storage", Err: op.AsStatusError(context.DeadlineExceeded, 500), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "op.StatusError", Name: "400", Err: op.NewStatusError(oidc.ErrAccessDenied(), 400), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "op.IDTokenHintExpiredError", Is: oidc.ErrExpired, Err: hint, Want: fail(semconv.ReasonExpired)},
	}
	adaptertest.Run(t, authop.MapError, cases)
	adaptertest.WantAll(t, cases, map[string]string{
		"op.ErrAuthReqMissingRedirectURI": "the library's own handler answers with it and shows it to nobody",
	}, "github.com/zitadel/oidc/v3", "pkg/op")
	adaptertest.WantRecorded(t, authop.MapError, fail(semconv.ReasonMalformed), op.ErrAuthReqMissingRedirectURI)
	adaptertest.WantRecorded(t, authop.MapError, internal, op.NewStatusError(nil, 500))
	adaptertest.WantRecorded(t, authop.MapError, adaptertest.Unknown, errors.New(op.ErrMissingClientID.Error()))
}

// anything is a key set that takes every signature for its own.
type anything struct{}

func (anything) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	return jws.UnsafePayloadWithoutVerification(), nil
}

// expired is an ID token that has expired.
func expired(t *testing.T) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(`{"iss":"` + issuer + `","exp":1}`))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

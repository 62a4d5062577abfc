// SPDX-License-Identifier: Apache-2.0

package authzitadel_test

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// exchangeCases are the errors of a provider's answers to a client.
func exchangeCases(t *testing.T, p *provider) []adaptertest.Case {
	fail := instrument.Failure
	exchange := func(h http.HandlerFunc, opts ...rp.Option) error {
		p.set("/token", h)
		opts = append(opts, rp.WithVerifierOpts(rp.WithSupportedSigningAlgorithms("ES256")))
		_, err := rp.CodeExchange[*oidc.IDTokenClaims](t.Context(), "code", p.relyingParty(opts...))
		return err
	}
	tokens := func(id string) http.HandlerFunc {
		return body(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": id})
	}
	ours, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bound := rp.WithKeyBinding(ours, jose.ES256)
	theirs, err := jose.JSONWebKey{Key: p.key.Public()}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	confirms := claims{"cnf": map[string]any{"jwk": rawJSON(theirs)}}

	p.set("/userinfo", body(map[string]string{"sub": "mallory"}))
	_, userinfo := rp.Userinfo[*oidc.UserInfo](t.Context(), "a", "Bearer", "alice", p.relyingParty())

	discover := func(h http.HandlerFunc) error {
		other := newProvider(t)
		other.set("/.well-known/openid-configuration", h)
		_, err := client.Discover(t.Context(), other.srv.URL, http.DefaultClient)
		return err
	}
	stopped := newProvider(t)
	stopped.srv.Close()
	_, refused := client.Discover(t.Context(), stopped.srv.URL, http.DefaultClient)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, canceled := client.Discover(ended, p.srv.URL, http.DefaultClient)

	return append(keyCases(t), []adaptertest.Case{
		{Of: "rp.ErrMissingIDToken", Is: rp.ErrMissingIDToken, Err: exchange(tokens("")), Want: internal},
		{Of: "rp.ErrKeyBindingIDToken", Is: rp.ErrKeyBindingIDToken, Err: exchange(tokens(p.token(nil)), bound), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "rp.ErrKeyBindingConfirmation", Is: rp.ErrKeyBindingConfirmation, Err: exchange(tokens(p.typed(oidc.IDTokenTypeDPoP, confirms)), bound), Want: fail(semconv.ReasonBindingMismatch)},
		{Of: "rp.ErrKeyBindingEndpoint", Is: rp.ErrKeyBindingEndpoint, Err: exchange(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, bound), Want: internal},
		{Of: "rp.ErrUserInfoSubNotMatching", Is: rp.ErrUserInfoSubNotMatching, Err: userinfo, Want: fail(semconv.ReasonBindingMismatch)},

		{Of: "oidc.ErrDiscoveryFailed", Is: oidc.ErrDiscoveryFailed, Err: discover(http.NotFound), Want: unavailable},
		{Of: "oidc.ErrDiscoveryFailed", Name: "busy", Err: discover(answer(http.StatusServiceUnavailable, "busy")), Want: unavailable},
		{Of: "oidc.ErrDiscoveryFailed", Name: "no JSON", Err: discover(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), Want: unavailable},
		{Of: "oidc.ErrDiscoveryFailed", Name: "refused", Is: oidc.ErrDiscoveryFailed, Err: refused, Want: instrument.Error(semconv.ErrorTypeConnectionRefused)},
		{Of: "oidc.ErrDiscoveryFailed", Name: "canceled", Is: oidc.ErrDiscoveryFailed, Err: canceled, Want: instrument.Error(semconv.ErrorTypeCanceled)},
		{Of: "http.ErrResponseBodyTooLarge", Is: httphelper.ErrResponseBodyTooLarge, Err: discover(body(strings.Repeat("x", 1<<20))), Want: unavailable},
	}...)
}

type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// keyCases are tokens that cannot be checked, since the provider's keys cannot be had.
func keyCases(t *testing.T) (cases []adaptertest.Case) {
	verify := func(p *provider) error {
		v := rp.NewIDTokenVerifier(p.srv.URL, "web", rp.NewRemoteKeySet(http.DefaultClient, p.srv.URL+"/keys"), rp.WithSupportedSigningAlgorithms("ES256"))
		_, err := rp.VerifyIDToken[*oidc.IDTokenClaims](t.Context(), p.token(nil), v)
		return err
	}
	for name, h := range map[string]http.HandlerFunc{
		"404":                http.NotFound,
		"503":                answer(http.StatusServiceUnavailable, "busy"),
		"503 as OAuth":       answer(http.StatusServiceUnavailable, map[string]string{"error": "server_error"}),
		"400 as OAuth":       answer(http.StatusBadRequest, map[string]string{"error": "invalid_grant"}),
		"no JSON":            func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"too large":          body(strings.Repeat("x", 1<<20)),
		"a key that is none": body(map[string]any{"keys": []any{map[string]string{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}}),
	} {
		p := newProvider(t)
		p.set("/keys", h)
		cases = append(cases, adaptertest.Case{Of: "oidc.ErrSignatureInvalid", Name: name, Is: oidc.ErrSignatureInvalid, Err: verify(p), Want: unavailable})
	}
	stopped := newProvider(t)
	stopped.srv.Close()
	return append(cases, adaptertest.Case{Of: "oidc.ErrSignatureInvalid", Name: "refused", Err: verify(stopped), Want: instrument.Error(semconv.ErrorTypeConnectionRefused)})
}

// protocolCases are the errors of OAuth, as a server answers with them and as the
// library makes them.
func protocolCases(t *testing.T, p *provider) []adaptertest.Case {
	fail := instrument.Failure
	party := p.relyingParty()
	call := func(status int, kind string) error {
		p.set("/token", answer(status, map[string]string{"error": kind, "error_description": "expired_token"}))
		_, err := client.CallTokenEndpoint(t.Context(), struct{}{}, endpoint{party, p.srv.URL + "/token"})
		return err
	}
	down := errors.Join(errors.New("storage"), context.DeadlineExceeded)
	return []adaptertest.Case{
		{Of: "oidc.ErrInvalidRequest", Is: oidc.ErrInvalidRequest(), Err: call(400, "invalid_request"), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrInvalidRequest", Name: "that broke off", Err: oidc.ErrInvalidRequest().WithParent(context.DeadlineExceeded), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrInvalidRequestRedirectURI", Err: oidc.ErrInvalidRequestRedirectURI(), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrInvalidScope", Is: oidc.ErrInvalidScope(), Err: call(400, "invalid_scope"), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "oidc.ErrInvalidClient", Is: oidc.ErrInvalidClient(), Err: call(401, "invalid_client"), Want: fail(semconv.ReasonInvalidCredentials)},
		{Of: "oidc.ErrInvalidGrant", Is: oidc.ErrInvalidGrant(), Err: call(400, "invalid_grant"), Want: fail(semconv.ReasonInvalidCredentials)},
		{Of: "oidc.ErrInvalidGrant", Name: "because", Err: oidc.DefaultToServerError(oidc.ErrExpired, ""), Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrUnauthorizedClient", Is: oidc.ErrUnauthorizedClient(), Err: call(400, "unauthorized_client"), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "oidc.ErrUnauthorizedClient", Name: "with a wrong secret", Err: oidc.ErrUnauthorizedClient().WithParent(errors.New("secret")), Want: fail(semconv.ReasonInvalidCredentials)},
		{Of: "oidc.ErrUnauthorizedClient", Name: "for a storage that is down", Err: oidc.ErrUnauthorizedClient().WithParent(down), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "oidc.ErrUnsupportedGrantType", Is: oidc.ErrUnsupportedGrantType(), Err: call(400, "unsupported_grant_type"), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrRequestNotSupported", Is: oidc.ErrRequestNotSupported(), Err: call(400, "request_not_supported"), Want: fail(semconv.ReasonMalformed)},
		{Of: "oidc.ErrServerError", Is: oidc.ErrServerError(), Err: call(500, "server_error"), Want: unavailable},
		{Of: "oidc.ErrServerError", Name: "of ours", Err: oidc.DefaultToServerError(errors.New("index"), ""), Want: internal},
		{Of: "oidc.ErrServerError", Name: "of a storage", Err: oidc.DefaultToServerError(down, ""), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "oidc.ErrInteractionRequired", Is: oidc.ErrInteractionRequired(), Err: call(400, "interaction_required"), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "oidc.ErrLoginRequired", Is: oidc.ErrLoginRequired(), Err: call(400, "login_required"), Want: instrument.ErrNoCredential},
		{Of: "oidc.ErrAuthorizationPending", Err: call(400, "authorization_pending"), Want: instrument.ErrNoCredential},
		{Of: "oidc.ErrSlowDown", Err: call(400, "slow_down"), Want: fail(semconv.ReasonRateLimited)},
		{Of: "oidc.ErrAccessDenied", Err: call(400, "access_denied"), Want: fail(semconv.ReasonPolicyDenied)},
		{Of: "oidc.ErrExpiredDeviceCode", Err: call(400, "expired_token"), Want: fail(semconv.ReasonExpired)},
		{Of: "oidc.ErrInvalidTarget", Err: call(400, "invalid_target"), Want: fail(semconv.ReasonAudienceMismatch)},
		{Of: "oidc.Error", Name: "of a kind nobody knows", Err: call(400, "expired"), Want: adaptertest.Unknown},
	}
}

type endpoint struct {
	rp.RelyingParty
	url string
}

func (e endpoint) TokenEndpoint() string    { return e.url }
func (e endpoint) HttpClient() *http.Client { return http.DefaultClient }

// x25519 is a private key that signs nothing.
func x25519(t *testing.T) []byte {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

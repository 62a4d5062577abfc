// SPDX-License-Identifier: Apache-2.0

package authwebauthn_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authwebauthn"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

var (
	unsupported = instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	malformed   = instrument.Failure(semconv.ReasonMalformed)
	mismatch    = instrument.Failure(semconv.ReasonBindingMismatch)
	badSig      = instrument.Failure(semconv.ReasonBadSignature)
	denied      = instrument.Failure(semconv.ReasonPolicyDenied)
)

// login runs a whole login by an authenticator, of a user with the credentials of
// another, which may be the same.
func login(t *testing.T, by, of *authenticator, change func(*webauthn.SessionData)) error {
	t.Helper()
	web := server(t, nil)
	alice := user{of.credential()}
	_, session, err := web.BeginLogin(alice)
	if err != nil {
		t.Fatal(err)
	}
	answer := by.assert(session)
	if change != nil {
		change(session)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return err
	}
	_, err = web.ValidateLogin(alice, *session, parsed)
	return authwebauthn.InSession(err, *session)
}

// discoverable runs a login in which the user is found by the credential.
func discoverable(t *testing.T, a *authenticator, find func() (webauthn.User, error)) error {
	t.Helper()
	web := server(t, nil)
	_, session, err := web.BeginDiscoverableLogin()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(a.with(func(a *authenticator) { a.handle = []byte("alice") }).assert(session))
	if err != nil {
		t.Fatal(err)
	}
	_, err = web.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return find() }, *session, parsed)
	return err
}

// register runs a whole registration.
func register(t *testing.T, a *authenticator, change func(*webauthn.Config), format string, statement func(data, client []byte) map[string]any) error {
	t.Helper()
	web := server(t, change)
	_, session, err := web.BeginRegistration(user{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(a.attest(session, format, statement))
	if err != nil {
		return err
	}
	_, err = web.CreateCredential(user{}, *session, parsed)
	return err
}

func loginCases(t *testing.T) []adaptertest.Case {
	a, stranger := newAuthenticator(t), newAuthenticator(t)
	if err := login(t, a, a, nil); err != nil {
		t.Fatal(err)
	}
	if err := discoverable(t, a, func() (webauthn.User, error) { return user{a.credential()}, nil }); err != nil {
		t.Fatal(err)
	}
	finds := func(err error) error {
		return discoverable(t, a, func() (webauthn.User, error) { return nil, err })
	}
	_, body := protocol.ParseCredentialRequestResponseBytes([]byte("{"))
	broken := a.with(func(a *authenticator) { a.algorithm = -999 })
	return []adaptertest.Case{
		{Of: "protocol.ErrBadRequest", Name: "no JSON", Err: body, Want: malformed},
		{Of: "protocol.ErrBadRequest", Name: "another user's session", Err: login(t, a, a, func(s *webauthn.SessionData) { s.UserID = []byte("bob") }), Want: malformed},
		{Of: "protocol.ErrBadRequest", Name: "an expired session", Err: login(t, a, a, func(s *webauthn.SessionData) { s.Expires = time.Unix(1, 0) }), Want: instrument.Failure(semconv.ReasonExpired)},
		{Of: "protocol.ErrBadRequest", Name: "a store that is down", Err: finds(context.DeadlineExceeded), Want: instrument.Error(semconv.ErrorTypeTimeout)},
		{Of: "protocol.ErrBadRequest", Name: "a user who is not known", Err: finds(instrument.Failure(semconv.ReasonUnknownPrincipal)), Want: instrument.Failure(semconv.ReasonUnknownPrincipal)},
		{Of: "protocol.ErrBadRequest", Name: "a user who is not found", Err: finds(errors.New("no rows")), Want: malformed},
		{Of: "protocol.ErrorUnknownCredential", Err: login(t, stranger.with(func(s *authenticator) { s.id = "another" }), a, nil), Want: instrument.Failure(semconv.ReasonUnknownKey)},
		{Of: "protocol.ErrParsingData", Err: login(t, a.with(func(a *authenticator) { a.authData = []byte("short") }), a, nil), Want: malformed},
		{Of: "protocol.ErrVerification", Name: "challenge", Err: login(t, a, a, func(s *webauthn.SessionData) { s.Challenge = b64(make([]byte, 32)) }), Want: mismatch},
		{Of: "protocol.ErrVerification", Name: "origin", Err: login(t, a.with(func(a *authenticator) { a.origin = "https://evil.example" }), a, nil), Want: mismatch},
		{Of: "protocol.ErrVerification", Name: "relying party", Err: login(t, a.with(func(a *authenticator) { a.party = "evil.example" }), a, nil), Want: mismatch},
		{Of: "protocol.ErrAssertionSignature", Err: login(t, stranger, a, nil), Want: badSig},
		{Of: "protocol.ErrAssertionSignature", Name: "a key of no known algorithm", Err: login(t, broken, broken, nil), Want: unsupported},
	}
}

func registrationCases(t *testing.T) []adaptertest.Case {
	a := newAuthenticator(t)
	none := func(_, _ []byte) map[string]any { return map[string]any{} }
	if err := register(t, a, nil, "none", none); err != nil {
		t.Fatal(err)
	}
	stranger := newAuthenticator(t)
	signedBy := func(by *authenticator, more map[string]any) func(data, client []byte) map[string]any {
		return func(data, client []byte) map[string]any {
			statement := map[string]any{"alg": -7, "sig": by.sign(data, client)}
			for k, v := range more {
				statement[k] = v
			}
			return statement
		}
	}
	if err := register(t, a, nil, "packed", signedBy(a, nil)); err != nil {
		t.Fatal(err)
	}
	filtered := func(c *webauthn.Config) {
		c.Filtering = &webauthn.FilteringConfig{ProhibitedAAGUIDs: []uuid.UUID{uuid.Nil}}
	}
	listed, err := memory.New(memory.WithMetadata(map[uuid.UUID]*metadata.Entry{}), memory.WithValidateEntry(true))
	if err != nil {
		t.Fatal(err)
	}
	metadataOf := func(c *webauthn.Config) { c.MDS = listed }
	crossOrigin := protocol.CollectedClientData{Type: protocol.AssertCeremony, Origin: origin, CrossOrigin: true, TopOrigin: "https://top.example"}
	return []adaptertest.Case{
		{Of: "protocol.ErrAttestationFormat", Err: register(t, a, nil, "unheard-of", none), Want: malformed},
		{Of: "protocol.ErrAttestationFormat", Name: "without a signature", Err: register(t, a, nil, "packed", none), Want: malformed},
		{Of: "protocol.ErrInvalidAttestation", Err: register(t, a, nil, "packed", signedBy(stranger, nil)), Want: malformed},
		{Of: "protocol.ErrAttestation", Err: register(t, a, nil, "packed", signedBy(a, map[string]any{"x5c": []any{}})), Want: malformed},
		{Of: "protocol.ErrAttestationCertificate", Err: register(t, a, nil, "packed", signedBy(a, map[string]any{"x5c": []any{a.certificate()}})), Want: instrument.Failure(semconv.ReasonUnknownKey)},
		{Of: "protocol.ErrNotSpecImplemented", Err: register(t, a, nil, "packed", signedBy(a, map[string]any{"ecdaaKeyId": []byte("x")})), Want: unsupported},
		{Of: "protocol.ErrUnsupportedAlgorithm", Err: register(t, a.with(func(a *authenticator) { a.algorithm = -35 }), nil, "fido-u2f", none), Want: unsupported},
		{Of: "protocol.ErrPolicyRestriction", Err: register(t, a, filtered, "none", none), Want: denied},
		{Of: "protocol.ErrMetadata", Err: register(t, a, metadataOf, "packed", signedBy(a, nil)), Want: denied},
		{Of: "protocol.ErrNotImplemented", Err: crossOrigin.Verify("", protocol.AssertCeremony, []string{origin}, nil, nil, protocol.TopOriginDefaultVerificationMode, true), Want: unsupported},
		{Of: "protocol.ErrMetadata", Name: "an untrusted certificate", Err: protocol.ErrMetadata.WithError(x509.UnknownAuthorityError{}), Want: denied},
	}
}

func keyCases(t *testing.T) []adaptertest.Case {
	a := newAuthenticator(t)
	_, kind := webauthncose.ParsePublicKey(a.cbor(map[int]any{1: 99, 3: -7}))
	key, err := webauthncose.ParsePublicKey(a.public())
	if err != nil {
		t.Fatal(err)
	}
	_, garbage := webauthncose.VerifySignature(key, nil, []byte("garbage"))
	_, algorithm := webauthncose.ParsePublicKey(a.with(func(a *authenticator) { a.algorithm = -999 }).public())
	_, uninitialised := (&memory.Provider{}).GetEntry(t.Context(), uuid.Nil)
	status := metadata.ValidateStatusReports([]metadata.StatusReport{{Status: metadata.Revoked}}, nil, []metadata.AuthenticatorStatus{metadata.Revoked})
	return []adaptertest.Case{
		{Of: "webauthncose.ErrUnsupportedKey", Err: kind, Want: unsupported},
		{Of: "webauthncose.ErrUnsupportedAlgorithm", Err: algorithm, Want: unsupported},
		{Of: "webauthncose.ErrSigNotProvidedOrInvalid", Is: webauthncose.ErrSigNotProvidedOrInvalid, Err: garbage, Want: badSig},
		{Of: "metadata.ErrNotInitialized", Is: metadata.ErrNotInitialized, Err: uninitialised, Want: instrument.Error(semconv.ErrorTypeInternal)},
		{Of: "metadata.Error", Err: status, Want: denied},
	}
}

func TestMapError(t *testing.T) {
	cases := append(append(loginCases(t), registrationCases(t)...), keyCases(t)...)
	adaptertest.Run(t, authwebauthn.MapError, cases)
	const never = "the library does not return it"
	adaptertest.WantAll(t, cases, map[string]string{
		"protocol.Error":                "the type of those above",
		"webauthncose.Error":            "the type of those above",
		"protocol.ErrAuthData":          never,
		"protocol.ErrChallengeMismatch": never,
		"protocol.ErrUnsupportedKey":    "returned for a statement of a TPM alone, with a key that no TPM has",
	}, "github.com/go-webauthn/webauthn", "protocol", "protocol/webauthncose", "metadata", "webauthn")
	for err, want := range map[error]error{
		protocol.ErrAuthData: malformed, protocol.ErrChallengeMismatch: mismatch, protocol.ErrUnsupportedKey: unsupported,
	} {
		adaptertest.WantRecorded(t, authwebauthn.MapError, want, err)
	}
	// What a case is of is told by the type, since a copy is not the same.
	for _, c := range cases {
		if sentinel := sentinels[c.Of]; sentinel != nil && !isOf(c.Err, sentinel.Type) {
			t.Errorf("%s %s is %#v", c.Of, c.Name, c.Err)
		}
	}
}

// isOf reports whether an error, or one that it wraps, is of a type.
func isOf(err error, kind string) bool {
	for {
		var e *protocol.Error
		if !errors.As(err, &e) {
			return false
		}
		if e.Type == kind {
			return true
		}
		err = e.Err
	}
}

var sentinels = map[string]*protocol.Error{
	"protocol.ErrBadRequest": protocol.ErrBadRequest, "protocol.ErrParsingData": protocol.ErrParsingData,
	"protocol.ErrVerification": protocol.ErrVerification, "protocol.ErrAssertionSignature": protocol.ErrAssertionSignature,
	"protocol.ErrAttestationFormat": protocol.ErrAttestationFormat, "protocol.ErrInvalidAttestation": protocol.ErrInvalidAttestation,
	"protocol.ErrAttestation": protocol.ErrAttestation, "protocol.ErrAttestationCertificate": protocol.ErrAttestationCertificate,
	"protocol.ErrNotSpecImplemented": protocol.ErrNotSpecImplemented, "protocol.ErrNotImplemented": protocol.ErrNotImplemented,
	"protocol.ErrUnsupportedAlgorithm": protocol.ErrUnsupportedAlgorithm, "protocol.ErrPolicyRestriction": protocol.ErrPolicyRestriction,
	"protocol.ErrMetadata": protocol.ErrMetadata,
}

func TestInSession(t *testing.T) {
	over, open := webauthn.SessionData{Expires: time.Unix(1, 0)}, webauthn.SessionData{Expires: time.Now().Add(time.Hour)}
	refused := protocol.ErrBadRequest.WithDetails("x")
	for name, c := range map[string]struct {
		err     error
		session webauthn.SessionData
		want    error
	}{
		"expired":               {refused, over, instrument.Failure(semconv.ReasonExpired)},
		"not expired":           {refused, open, malformed},
		"without an end":        {refused, webauthn.SessionData{}, malformed},
		"for another reason":    {protocol.ErrVerification, over, mismatch},
		"for a store":           {refused.WithError(context.DeadlineExceeded), over, instrument.Error(semconv.ErrorTypeTimeout)},
		"an unknown error":      {errors.New("x"), over, adaptertest.Unknown},
		"nothing went amiss":    {nil, over, nil},
		"and it stays an error": {errors.Join(refused), over, instrument.Failure(semconv.ReasonExpired)},
	} {
		got := authwebauthn.InSession(c.err, c.session)
		if !errors.Is(got, c.err) {
			t.Errorf("%s: %v", name, got)
		}
		adaptertest.WantRecorded(t, authwebauthn.MapError, c.want, got)
	}
}

func TestMapErrorOfOthers(t *testing.T) {
	endless := &protocol.Error{Type: protocol.ErrBadRequest.Type}
	endless.Err = endless
	var none *protocol.Error
	for _, err := range []error{nil, context.Canceled, errors.New("challenge_mismatch"), &protocol.Error{Type: "x"}} {
		if got := authwebauthn.MapError(err); got != nil {
			t.Errorf("%T: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authwebauthn.MapError, adaptertest.Unknown, endless, none, &protocol.ErrorUnknownCredential{}, &protocol.Error{Type: "alice"})
}

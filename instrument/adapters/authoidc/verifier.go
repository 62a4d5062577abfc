// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"context"
	"errors"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Verifier is an [oidc.IDTokenVerifier] whose errors say why a token was refused.
// Make it with [NewVerifier] or [NewProviderVerifier]. It is safe for concurrent
// use.
type Verifier struct {
	verifier *oidc.IDTokenVerifier
	issuer   string
	config   *oidc.Config
}

// NewVerifier does what [oidc.NewVerifier] does. The key set may be any: with one of
// [NewRemoteKeySet] a key that is not known is told from a signature that does not
// match, with go-oidc's own both are bad_signature, and the errors of another one
// are taken for what they say of themselves.
func NewVerifier(issuer string, keys oidc.KeySet, config *oidc.Config) *Verifier {
	return &Verifier{oidc.NewVerifier(issuer, witness{keys}, config), issuer, config}
}

// Verify does what [oidc.IDTokenVerifier.Verify] does.
func (v *Verifier) Verify(ctx context.Context, rawIDToken string) (*oidc.IDToken, error) {
	var seen testimony
	token, err := v.verifier.Verify(seen.in(ctx), rawIDToken)
	if err != nil {
		return nil, v.explain(err, rawIDToken, &seen, func(again *oidc.IDTokenVerifier) error {
			_, err := again.Verify(ctx, rawIDToken)
			return err
		})
	}
	return token, nil
}

// VerifyLogout does what [oidc.IDTokenVerifier.VerifyLogout] does.
func (v *Verifier) VerifyLogout(ctx context.Context, rawLogoutToken string) (*oidc.LogoutToken, error) {
	var seen testimony
	token, err := v.verifier.VerifyLogout(seen.in(ctx), rawLogoutToken)
	if err != nil {
		return nil, v.explain(err, rawLogoutToken, &seen, func(again *oidc.IDTokenVerifier) error {
			_, err := again.VerifyLogout(ctx, rawLogoutToken)
			return err
		})
	}
	return token, nil
}

// explain returns err, which a token was refused with, saying also what it means.
func (v *Verifier) explain(err error, raw string, seen *testimony, again func(*oidc.IDTokenVerifier) error) error {
	if says := MapError(err); says != nil {
		return &meaning{err, says}
	}
	if seen.err != nil {
		return &meaning{err, seen.err}
	}
	if !seen.asked {
		if reason, ok := v.unreadable(raw); ok {
			return instrument.WithReason(err, reason)
		}
	}
	return &meaning{err, v.claims(seen.payload, again)}
}

// unreadable reports whether a token was refused before its signature was looked
// at, and why.
func (v *Verifier) unreadable(raw string) (semconv.Reason, bool) {
	algorithms := []jose.SignatureAlgorithm{}
	for _, a := range v.config.SupportedSigningAlgs {
		algorithms = append(algorithms, jose.SignatureAlgorithm(a))
	}
	if len(algorithms) == 0 {
		algorithms = append(algorithms, jose.RS256) // go-oidc's default
	}
	if v.config.InsecureSkipSignatureCheck {
		algorithms = append(algorithms, "none")
	}
	jws, err := jose.ParseSigned(raw, algorithms) //nolint:staticcheck // go-oidc reads tokens with it
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &algorithm) && algorithm.Got != "":
		return semconv.ReasonUnsupportedAlgorithm, true
	case err != nil, len(jws.Signatures) != 1:
		return semconv.ReasonMalformed, true
	}
	return 0, false
}

// claims says which of the checks that follow the signature refuses a token: the
// first, in the order of go-oidc's, by which go-oidc refuses it with all later ones
// left out. Only not_yet_valid is behind the last one, since an expired token has a
// type of error of its own.
func (v *Verifier) claims(payload []byte, again func(*oidc.IDTokenVerifier) error) error {
	config := *v.config
	config.SkipIssuerCheck, config.SkipClientIDCheck, config.SkipExpiryCheck = true, true, true
	refused := func() bool { return again(oidc.NewVerifier(v.issuer, verified(payload), &config)) != nil }

	if refused() {
		return instrument.Failure(semconv.ReasonMalformed)
	}
	if config.SkipIssuerCheck = v.config.SkipIssuerCheck; refused() {
		return instrument.Failure(semconv.ReasonIssuerMismatch)
	}
	if config.SkipClientIDCheck = v.config.SkipClientIDCheck; refused() {
		if v.config.ClientID == "" {
			return instrument.Error(semconv.ErrorTypeInternal)
		}
		return instrument.Failure(semconv.ReasonAudienceMismatch)
	}
	return instrument.Failure(semconv.ReasonNotYetValid)
}

// meaning is an error together with what it means. The text is the error's own.
type meaning struct {
	error
	says error
}

func (m *meaning) Unwrap() []error { return []error{m.error, m.says} }

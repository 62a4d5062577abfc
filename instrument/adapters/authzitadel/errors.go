// SPDX-License-Identifier: Apache-2.0

package authzitadel

import (
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the library's client side mean, for
// [instrument.WithErrorMapper]. It is safe for concurrent use.
//
// An [oidc.Error] is known by its type, after whatever cause it names. A signature
// that could not be checked because the provider's keys could not be had is an error
// of the provider and no failure: a key set of one's own returns
// [instrument.Failure] for a key that it does not know.
func MapError(err error) error {
	if errors.Is(err, oidc.ErrSignatureInvalid) {
		return signature(err)
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.says
		}
	}
	if errors.Is(err, oidc.ErrDiscoveryFailed) || errors.Is(err, httphelper.ErrResponseBodyTooLarge) {
		return instrument.ErrorOf(err, semconv.ErrorTypeUnavailable)
	}
	var (
		protocol *oidc.Error
		syntax   *json.SyntaxError
		wrong    *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &protocol) && protocol != nil:
		return oauth(protocol)
	case errors.As(err, &syntax), errors.As(err, &wrong): // of the claims
		return instrument.Failure(semconv.ReasonMalformed)
	}
	return nil
}

// sentinels is in the order in which they are looked for.
var sentinels = []struct{ err, says error }{
	{oidc.ErrExpired, instrument.Failure(semconv.ReasonExpired)},
	{oidc.ErrIatToOld, instrument.Failure(semconv.ReasonExpired)},
	{oidc.ErrAuthTimeToOld, instrument.Failure(semconv.ReasonExpired)}, // the login was good once
	{oidc.ErrIatInFuture, instrument.Failure(semconv.ReasonNotYetValid)},
	{oidc.ErrIssuerInvalid, instrument.Failure(semconv.ReasonIssuerMismatch)},
	{oidc.ErrSubjectInvalid, instrument.Failure(semconv.ReasonIssuerMismatch)}, // issued for another than its issuer
	{oidc.ErrAudience, instrument.Failure(semconv.ReasonAudienceMismatch)},
	{oidc.ErrAzpInvalid, instrument.Failure(semconv.ReasonAudienceMismatch)},
	{oidc.ErrNonceInvalid, instrument.Failure(semconv.ReasonBindingMismatch)},
	{oidc.ErrAtHash, instrument.Failure(semconv.ReasonBindingMismatch)},
	{rp.ErrKeyBindingConfirmation, instrument.Failure(semconv.ReasonBindingMismatch)},
	{rp.ErrKeyBindingIDToken, instrument.Failure(semconv.ReasonBindingMismatch)},
	{rp.ErrUserInfoSubNotMatching, instrument.Failure(semconv.ReasonBindingMismatch)},
	{oidc.ErrAcrInvalid, instrument.Failure(semconv.ReasonPolicyDenied)},
	{oidc.ErrSubjectMissing, instrument.Failure(semconv.ReasonMissing)},
	{oidc.ErrAzpMissing, instrument.Failure(semconv.ReasonMissing)},
	{oidc.ErrIatMissing, instrument.Failure(semconv.ReasonMissing)},
	{oidc.ErrAuthTimeNotPresent, instrument.Failure(semconv.ReasonMissing)},
	{oidc.ErrSignatureMissing, instrument.Failure(semconv.ReasonMissing)},
	{oidc.ErrSignatureMultiple, instrument.Failure(semconv.ReasonMalformed)},
	{oidc.ErrSignatureUnsupportedAlg, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{crypto.ErrUnsupportedAlgorithm, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{oidc.ErrSignatureInvalidPayload, instrument.Failure(semconv.ReasonBadSignature)},
	{oidc.ErrKeyNone, instrument.Failure(semconv.ReasonUnknownKey)},
	{oidc.ErrKeyMultiple, instrument.Failure(semconv.ReasonUnknownKey)},
	{oidc.ErrParse, instrument.Failure(semconv.ReasonMalformed)},
	{crypto.ErrCipherTextBlockSize, instrument.Failure(semconv.ReasonMalformed)}, // of a token that was to be decrypted

	// Our keys, our configuration, and a provider that does not do what it is asked.
	{crypto.ErrPEMDecode, instrument.Error(semconv.ErrorTypeInternal)},
	{crypto.ErrUnsupportedFormat, instrument.Error(semconv.ErrorTypeInternal)},
	{crypto.ErrUnsupportedPrivateKey, instrument.Error(semconv.ErrorTypeInternal)},
	{client.ErrEndpointNotSet, instrument.Error(semconv.ErrorTypeInternal)},
	{rp.ErrInvalidOption, instrument.Error(semconv.ErrorTypeInternal)},
	{rp.ErrInvalidKeyBinding, instrument.Error(semconv.ErrorTypeInternal)},
	{rp.ErrKeyBindingEndpoint, instrument.Error(semconv.ErrorTypeInternal)},
	{rp.ErrMissingIDToken, instrument.Error(semconv.ErrorTypeInternal)},
	{rp.ErrRelyingPartyNotSupportRevokeCaller, instrument.Error(semconv.ErrorTypeInternal)},
}

// signature says why a signature does not hold, which the library tells by the error
// of the key set that it puts beside its own.
func signature(err error) error {
	switch {
	case errors.Is(err, oidc.ErrKeyNone), errors.Is(err, oidc.ErrKeyMultiple):
		return instrument.Failure(semconv.ReasonUnknownKey)
	case errors.Is(err, jose.ErrCryptoFailure):
		return instrument.Failure(semconv.ReasonBadSignature)
	case errors.Is(err, jose.ErrUnsupportedCriticalHeader):
		return instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	case errors.Is(err, jose.ErrUnsupportedKeyType):
		return instrument.Error(semconv.ErrorTypeInternal) // of a key of ours
	}
	if _, cause := errtree.Beside(err, oidc.ErrSignatureInvalid); cause != nil {
		return instrument.ErrorOf(cause, semconv.ErrorTypeUnavailable)
	}
	return instrument.Failure(semconv.ReasonBadSignature)
}

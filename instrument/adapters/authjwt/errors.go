// SPDX-License-Identifier: Apache-2.0

package authjwt

import (
	"crypto/rsa"
	"errors"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the library mean, for
// [instrument.WithErrorMapper]. It is safe for concurrent use.
//
// An error may say several things of a token, such as that it has expired and was
// made for another audience. Then one counts, in the order expired, not_yet_valid,
// issuer_mismatch, audience_mismatch, binding_mismatch, missing, malformed.
func MapError(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenUnverifiable) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return unverifiable(err)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return badSignature(err)
	}
	if says := known(err, claims); says != nil {
		return says
	}
	if errors.Is(err, jwt.ErrTokenInvalidClaims) {
		// What is left is the program's own check of its claims. The recorder reads
		// by itself what the standard library's errors tell.
		if errtree.Told(err) != nil {
			return nil //nolint:nilerr // which means that it says nothing
		}
		return instrument.Failure(semconv.ReasonPolicyDenied)
	}
	return known(err, others)
}

// claims are the errors of what a token says, the specific ones first: what comes of
// one of them is jwt.ErrTokenInvalidClaims as well.
var claims = []says{
	{jwt.ErrTokenExpired, instrument.Failure(semconv.ReasonExpired)},
	{jwt.ErrTokenNotValidYet, instrument.Failure(semconv.ReasonNotYetValid)},
	{jwt.ErrTokenUsedBeforeIssued, instrument.Failure(semconv.ReasonNotYetValid)},
	{jwt.ErrTokenInvalidIssuer, instrument.Failure(semconv.ReasonIssuerMismatch)},
	{jwt.ErrTokenInvalidAudience, instrument.Failure(semconv.ReasonAudienceMismatch)},
	{jwt.ErrTokenInvalidSubject, instrument.Failure(semconv.ReasonBindingMismatch)},
	{jwt.ErrTokenInvalidId, instrument.Failure(semconv.ReasonBindingMismatch)},
	{jwt.ErrTokenRequiredClaimMissing, instrument.Failure(semconv.ReasonMissing)},
	{jwt.ErrInvalidType, instrument.Failure(semconv.ReasonMalformed)},
	{jwt.ErrTokenMalformed, instrument.Failure(semconv.ReasonMalformed)},
	{request.ErrNoTokenInRequest, instrument.ErrNoCredential},
}

// mismatches are a signature's errors, by those of the methods.
var mismatches = []says{
	{jwt.ErrSignatureInvalid, instrument.Failure(semconv.ReasonBadSignature)}, // HMAC's
	{jwt.ErrECDSAVerification, instrument.Failure(semconv.ReasonBadSignature)},
	{jwt.ErrEd25519Verification, instrument.Failure(semconv.ReasonBadSignature)},
	{rsa.ErrVerification, instrument.Failure(semconv.ReasonBadSignature)},
}

// others are errors of a key or a method that does not fit. A token chooses the
// method, so that one which does not fit the key is the token's.
var others = []says{
	{jwt.NoneSignatureTypeDisallowedError, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{jwt.ErrInvalidKeyType, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{jwt.ErrHashUnavailable, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},

	{jwt.ErrInvalidKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrKeyMustBePEMEncoded, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotRSAPublicKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotRSAPrivateKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotECPublicKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotECPrivateKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotEdPublicKey, instrument.Error(semconv.ErrorTypeInternal)},
	{jwt.ErrNotEdPrivateKey, instrument.Error(semconv.ErrorTypeInternal)},
}

// badSignature reads the error of a signature: the library wraps the method's own
// error beside it, and nothing where the method is not among the valid ones.
func badSignature(err error) error {
	if says := known(err, mismatches); says != nil {
		return says
	}
	if says := known(err, others); says != nil {
		return says
	}
	alone, cause := errtree.Beside(err, jwt.ErrTokenSignatureInvalid)
	switch {
	case alone, errors.Is(cause, jwt.ErrTokenUnverifiable): // or it is "none", with a signature
		return instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	case errtree.Told(cause) != nil: // of a method that asks somebody
		return nil //nolint:nilerr // the recorder reads it by itself
	}
	return instrument.Failure(semconv.ReasonBadSignature)
}

// unverifiable reads the error of a token for which there is no method or no key:
// what a Keyfunc returned lies beside it. One that nobody here knows is left to the
// other mappers.
func unverifiable(err error) error {
	_, cause := errtree.Beside(err, jwt.ErrTokenUnverifiable)
	if cause == nil {
		return instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	}
	return known(cause, others)
}

// says is an error and what it means.
type says struct{ err, means error }

func known(err error, list []says) error {
	for _, s := range list {
		if errors.Is(err, s.err) {
			return s.means
		}
	}
	return nil
}

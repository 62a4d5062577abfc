// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"encoding/base64"
	"errors"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of go-oidc and go-jose mean, for
// [instrument.WithErrorMapper]. Of go-oidc only two are types; for the rest there is
// [Verifier]. It is safe for concurrent use.
func MapError(err error) error {
	var (
		expired   *oidc.TokenExpiredError
		issuer    *oidc.IssuerMismatchError
		algorithm *jose.ErrUnexpectedSignatureAlgorithm
	)
	switch {
	case errors.As(err, &expired) && expired != nil:
		if expired.Expiry.IsZero() { // there is no exp in the token
			return instrument.Failure(semconv.ReasonMissing)
		}
		return instrument.Failure(semconv.ReasonExpired)
	case errors.As(err, &issuer):
		// Found while the provider is discovered, in which no caller has a part.
		return instrument.Error(semconv.ErrorTypeInternal)
	case errors.As(err, &algorithm) && algorithm != nil && algorithm.Got != "":
		return instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	case algorithm != nil: // no alg at all
		return instrument.Failure(semconv.ReasonMalformed)
	}
	for _, known := range joseErrors {
		if errors.Is(err, known.err) {
			return known.says
		}
	}
	var (
		syntax  *josejson.SyntaxError
		wrong   *josejson.UnmarshalTypeError
		invalid base64.CorruptInputError
	)
	if errors.As(err, &syntax) || errors.As(err, &wrong) || errors.As(err, &invalid) {
		return instrument.Failure(semconv.ReasonMalformed)
	}
	return nil
}

// joseErrors is in the order in which they are looked for. What a client's token can
// bring about is a failure, though our own use of a key can bring about some of
// these as well.
var joseErrors = []struct{ err, says error }{
	{jwt.ErrExpired, instrument.Failure(semconv.ReasonExpired)},
	{jwt.ErrNotValidYet, instrument.Failure(semconv.ReasonNotYetValid)},
	{jwt.ErrIssuedInTheFuture, instrument.Failure(semconv.ReasonNotYetValid)},
	{jwt.ErrInvalidIssuer, instrument.Failure(semconv.ReasonIssuerMismatch)},
	{jwt.ErrInvalidAudience, instrument.Failure(semconv.ReasonAudienceMismatch)},
	{jwt.ErrInvalidSubject, instrument.Failure(semconv.ReasonBindingMismatch)},
	{jwt.ErrInvalidID, instrument.Failure(semconv.ReasonBindingMismatch)},
	{jwt.ErrUnmarshalAudience, instrument.Failure(semconv.ReasonMalformed)},
	{jwt.ErrUnmarshalNumericDate, instrument.Failure(semconv.ReasonMalformed)},
	{jwt.ErrInvalidContentType, instrument.Failure(semconv.ReasonMalformed)},
	{jwt.ErrInvalidClaims, instrument.Error(semconv.ErrorTypeInternal)}, // of a token that we make

	{jose.ErrJWKSKidNotFound, instrument.Failure(semconv.ReasonUnknownKey)},
	{jose.ErrUnsupportedCriticalHeader, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{jose.ErrUnsupportedKeyType, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)}, // a jwk in a header
	{jose.ErrUnsupportedAlgorithm, instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
	{jose.ErrUnprotectedNonce, instrument.Failure(semconv.ReasonMalformed)},
	{jose.ErrMissingX5cHeader, instrument.Failure(semconv.ReasonMissing)},
	{jose.ErrCryptoFailure, instrument.Failure(semconv.ReasonBadSignature)},
	{jose.ErrInvalidKeySize, instrument.Error(semconv.ErrorTypeInternal)},
	{jose.ErrNotSupported, instrument.Error(semconv.ErrorTypeInternal)},
	{jose.ErrNotPublic, instrument.Error(semconv.ErrorTypeInternal)},
}

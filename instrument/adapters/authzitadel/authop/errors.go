// SPDX-License-Identifier: Apache-2.0

package authop

import (
	"errors"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the library mean, those that authzitadel.MapError
// knows included. It is for [instrument.WithErrorMapper] and safe for concurrent use.
func MapError(err error) error {
	var answer op.StatusError
	if errors.As(err, &answer) {
		if says := status(answer); says != nil {
			return says
		}
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.says
		}
	}
	return authzitadel.MapError(err)
}

// sentinels is in the order in which they are looked for.
var sentinels = []struct{ err, says error }{
	{op.ErrNoClientCredentials, instrument.ErrNoCredential},
	{op.ErrMissingClientID, instrument.Failure(semconv.ReasonMissing)},
	{op.ErrInvalidAuthHeader, instrument.Failure(semconv.ReasonMalformed)},
	{op.ErrInvalidRefreshToken, instrument.Failure(semconv.ReasonInvalidCredentials)},
	{op.ErrAuthReqMissingClientID, instrument.Failure(semconv.ReasonMissing)},
	{op.ErrAuthReqMissingRedirectURI, instrument.Failure(semconv.ReasonMalformed)},

	// Our storage, our keys and our configuration.
	{op.ErrDuplicateUserCode, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrSignerCreationFailed, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrNilEndpoint, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrInvalidIssuerPath, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrInvalidIssuerNoIssuer, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrInvalidIssuerURL, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrInvalidIssuerMissingHost, instrument.Error(semconv.ErrorTypeInternal)},
	{op.ErrInvalidIssuerHTTPS, instrument.Error(semconv.ErrorTypeInternal)},
}

// status says what an answer of 5xx means; others mean what they wrap. A StatusError
// shows its status only by being another of the same one.
func status(answer op.StatusError) error {
	for code, otherwise := range map[int]semconv.ErrorType{
		http.StatusInternalServerError: semconv.ErrorTypeInternal,
		http.StatusNotImplemented:      semconv.ErrorTypeInternal,
		http.StatusBadGateway:          semconv.ErrorTypeUnavailable,
		http.StatusServiceUnavailable:  semconv.ErrorTypeUnavailable,
		http.StatusGatewayTimeout:      semconv.ErrorTypeTimeout,
	} {
		if answer.Is(op.NewStatusError(answer.Unwrap(), code)) {
			if says := instrument.ErrorOf(answer.Unwrap(), otherwise); says != nil {
				return says
			}
			return instrument.Error(otherwise)
		}
	}
	return nil
}

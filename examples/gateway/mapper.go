// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

func mapError(err error) error {
	for _, m := range []struct {
		is     error
		reason semconv.Reason
	}{
		{jwt.ErrTokenExpired, semconv.ReasonExpired},
		{jwt.ErrTokenInvalidAudience, semconv.ReasonAudienceMismatch},
		{jwt.ErrTokenSignatureInvalid, semconv.ReasonBadSignature},
		{jwt.ErrTokenMalformed, semconv.ReasonMalformed},
	} {
		if errors.Is(err, m.is) {
			return instrument.Failure(m.reason)
		}
	}
	return nil
}

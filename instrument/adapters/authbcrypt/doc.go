// SPDX-License-Identifier: Apache-2.0

// Package authbcrypt says what the errors of golang.org/x/crypto/bcrypt mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authbcrypt.MapError), instrument.WithServices("web"))
//	logins := rec.Service("web").Authentication(semconv.MethodPassword)
//
//	err = bcrypt.CompareHashAndPassword(user.Hash, []byte(password))
//	logins.Count(ctx, err)
//
// A password that does not match is invalid_credentials; a stored hash that is none is
// the error internal, since it keeps out the right user too.
package authbcrypt

import (
	"errors"

	"golang.org/x/crypto/bcrypt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the package mean, for
// [instrument.WithErrorMapper]. It is safe for concurrent use.
//
// A stored hash whose cost or salt cannot be read has no error of its own there, and
// counts as one that nobody knows.
func MapError(err error) error {
	var (
		version bcrypt.HashVersionTooNewError
		prefix  bcrypt.InvalidHashPrefixError
		cost    bcrypt.InvalidCostError
	)
	switch {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case errors.Is(err, bcrypt.ErrPasswordTooLong): // one that a user wants to have
		return instrument.Failure(semconv.ReasonMalformed)
	case errors.Is(err, bcrypt.ErrHashTooShort), errors.As(err, &version), errors.As(err, &prefix), errors.As(err, &cost):
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

// Package authjwt says what the errors of github.com/golang-jwt/jwt/v5 mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authjwt.MapError), instrument.WithServices("api"))
//	checks := rec.Service("api").TokenVerification(semconv.TokenTypeAccess)
//
//	token, err := jwt.Parse(raw, keys, jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience("api"))
//	checks.Count(ctx, err)
//
// # Keys
//
// What a [jwt.Keyfunc] returns decides what is recorded for a token without a key. A
// time-out or another error of the network is an error, as is everything that the
// program's other mappers take for one. A key that is not known is best returned as
// it is meant: instrument.Failure(semconv.ReasonUnknownKey), bare or wrapped.
//
// # What cannot be told
//
// The library returns one and the same error for a token whose algorithm it does not
// have, one that names none, a parser without a Keyfunc and a set without keys; they
// differ in their text alone, which is not looked at. All are unsupported_algorithm,
// since only the first two can be brought about by a token.
package authjwt

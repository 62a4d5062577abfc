// SPDX-License-Identifier: Apache-2.0

// Package authconv has a typed instrument for each metric of package semconv.
//
// The constructor sets name, unit, description and, for a histogram, the
// default boundaries. The attributes that a measurement must have are
// parameters, so that none is forgotten:
//
//	attempts, err := authconv.NewAuthenticationAttempts(meter)
//	attempts.Add(ctx, 1, "api", semconv.MethodPassword, semconv.ResultFailure,
//		semconv.ReasonExpired.Attr())
//
// It is the low level, for those who record without package instrument. It
// keeps no allow-list: a text that is passed, such as the service name, is
// exported as it is.
//
// All instruments can be used by several goroutines at once.
package authconv

// SPDX-License-Identifier: Apache-2.0

package authbcrypt_test

import (
	"context"

	"golang.org/x/crypto/bcrypt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authbcrypt"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// Three logins: one with the right password, one with a wrong one, and one of a user
// whose stored hash was cut off.
func Example() {
	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authbcrypt.MapError))
	logins := rec.Service("web").Authentication(semconv.MethodPassword)

	hash, _ := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	login := func(hash []byte, password string) {
		logins.Count(context.Background(), bcrypt.CompareHashAndPassword(hash, []byte(password)))
	}
	login(hash, "correct horse")
	login(hash, "hunter2")
	login(hash[:40], "correct horse")

	show("auth.authentication.attempts")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=invalid_credentials auth.method=password auth.result=failure
	// 1 auth.authentication.attempts auth.method=password auth.result=error error.type=internal
	// 1 auth.authentication.attempts auth.method=password auth.result=success
}

// SPDX-License-Identifier: Apache-2.0

package authwebauthn_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authwebauthn"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// Three logins with a security key: a good one, one from another site, and one that
// took too long.
func Example() {
	var stage adaptertest.Stage
	defer stage.Close()
	web, key := server(&stage, nil), newAuthenticator(&stage)
	alice := user{key.credential()}

	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authwebauthn.MapError))
	logins := rec.Service("web").Authentication(semconv.MethodWebAuthn)
	login := func(by *authenticator, late bool) {
		_, session, err := web.BeginLogin(alice)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, err := protocol.ParseCredentialRequestResponseBytes(by.assert(session))
		if late {
			session.Expires = time.Now().Add(-time.Second)
		}
		if err == nil {
			_, err = web.ValidateLogin(alice, *session, answer)
		}
		logins.Count(context.Background(), authwebauthn.InSession(err, *session))
	}
	login(key, false)
	login(key.with(func(a *authenticator) { a.origin = "https://evil.example" }), false)
	login(key, true)

	show("auth.authentication.attempts")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=binding_mismatch auth.method=webauthn auth.result=failure
	// 1 auth.authentication.attempts auth.failure.reason=expired auth.method=webauthn auth.result=failure
	// 1 auth.authentication.attempts auth.method=webauthn auth.result=success
}

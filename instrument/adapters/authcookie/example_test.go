// SPDX-License-Identifier: Apache-2.0

package authcookie_test

import (
	"context"
	"net/http"

	"github.com/gorilla/securecookie"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authcookie"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// Three requests: with a good cookie, with a forged one, and with none.
func Example() {
	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authcookie.MapError))
	sessions := rec.Service("web").Authentication(semconv.MethodSession)

	codecs := securecookie.CodecsFromPairs([]byte("a key of 32 bytes, of the server"))
	good, _ := securecookie.EncodeMulti("session", "alice", codecs...)
	handle := func(r *http.Request) {
		cookie, err := r.Cookie("session")
		if err == nil {
			var user string
			err = securecookie.DecodeMulti("session", cookie.Value, &user, codecs...)
		}
		sessions.Count(context.Background(), err)
	}
	for _, value := range []string{good, "MTcwMDAwMDAwMHx4fHg=", ""} {
		r := &http.Request{Header: http.Header{}}
		if value != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: value})
		}
		handle(r)
	}

	show("auth.authentication.attempts")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=bad_signature auth.method=session auth.result=failure
	// 1 auth.authentication.attempts auth.method=session auth.result=none
	// 1 auth.authentication.attempts auth.method=session auth.result=success
}

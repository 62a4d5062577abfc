// SPDX-License-Identifier: Apache-2.0

package authscs_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"

	"github.com/alexedwards/scs/v2"

	"github.com/datapunk/otelauth/instrument/adapters/authscs"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	rec, got := instrumenttest.New(printT{}) // in a service: instrument.New
	api := rec.Service("api")

	sessions := authscs.New(scs.New(), api.Sessions())

	router := http.NewServeMux()
	router.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		_ = sessions.RenewToken(r.Context())
		sessions.Put(r.Context(), "user", "alice")
	})
	router.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) {
		_ = sessions.Destroy(r.Context())
	})
	srv := httptest.NewServer(sessions.LoadAndSave(router))
	defer srv.Close()

	browser := srv.Client()
	browser.Jar, _ = cookiejar.New(nil)
	for _, path := range []string{"/login", "/login", "/logout", "/login"} {
		if resp, err := browser.Get(srv.URL + path); err == nil {
			_ = resp.Body.Close()
		}
	}

	got.WantSessionOperations(2, semconv.SessionOperationCreate, nil)
	got.WantSessionOperations(1, semconv.SessionOperationRenew, nil)
	got.WantSessionOperations(1, semconv.SessionOperationEnd, nil)
	got.Want("auth.session.active", 1)
	got.WantNothingElse()
	fmt.Println("one session is active")
	// Output:
	// one session is active
}

// SPDX-License-Identifier: Apache-2.0

// Package adaptertest asserts that an error mapper knows every error of its library.
//
//	adaptertest.Run(t, authx.MapError, []adaptertest.Case{
//		{Of: "ErrExpired", Is: x.ErrExpired, Err: check(expired), Want: instrument.Failure(semconv.ReasonExpired)},
//	})
//	adaptertest.WantAll(t, cases, map[string]string{"ErrOther": "never returned"}, "example.com/x")
package adaptertest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// Case is an error that the library has returned and what is to be recorded for it.
type Case struct {
	Of   string // the exported error or type that it is, as in "ErrExpired" or "jwt.ErrExpired"; may be empty
	Name string // tells cases with one Of apart
	Is   error  // what Err must be by errors.Is, so that it is the library's; may be nil
	Err  error
	Want error // as recorded, see package instrumenttest
}

// Run asserts what is recorded for each of the errors: bare, wrapped, deep inside a
// join, and together with an error that nobody knows.
func Run(t *testing.T, mapper func(error) error, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Of+" "+c.Name, func(t *testing.T) {
			if c.Err == nil {
				t.Fatal("the library returned no error")
			}
			if c.Is != nil && !errors.Is(c.Err, c.Is) {
				t.Errorf("the library returned %T %q, which is not %q", c.Err, c.Err, c.Is)
			}
			WantRecorded(t, mapper, c.Want,
				c.Err,
				fmt.Errorf("login: %w", c.Err),
				errors.Join(errors.New("rolled back"), fmt.Errorf("check: %w", c.Err)),
				fmt.Errorf("%w and %w", c.Err, errors.New("something else")),
			)
		})
	}
}

// WantRecorded asserts what is recorded for each of some errors by a recorder with the
// mapper: the one outcome, and nothing else, as a value that became _OTHER would be.
func WantRecorded(t testing.TB, mapper func(error) error, want error, errs ...error) {
	t.Helper()
	rec, got := instrumenttest.New(t, instrument.WithErrorMapper(mapper))
	for _, err := range errs {
		rec.Service("api").TokenVerification(semconv.TokenTypeAccess).Count(t.Context(), err)
	}
	got.WantTokenVerifications(int64(len(errs)), semconv.TokenTypeAccess, want)
	if !errors.Is(want, Unknown) {
		got.WantNothingElse()
	}
}

// Unknown is the outcome of an error that nobody knows.
var Unknown = instrument.Failure(semconv.ReasonOther)

// WantAll asserts that every error which the library exports, be it a variable or a
// type, is the Of of a case or left out for a reason, and that nothing is named which
// there is not. Packages below the module are given as they lie there; without any it
// is the one at the top. Names of that one are bare, those of another have its last
// element in front.
func WantAll(t testing.TB, cases []Case, left map[string]string, module string, packages ...string) {
	t.Helper()
	named := map[string]bool{}
	for _, c := range cases {
		named[c.Of] = true
	}
	delete(named, "")
	for name, why := range left {
		if named[name] {
			t.Errorf("%s is left out, and there is a case of it", name)
		}
		if why == "" {
			t.Errorf("%s is left out for no reason", name)
		}
		named[name] = true
	}
	if len(packages) == 0 {
		packages = []string{"."}
	}
	for _, name := range exported(t, module, packages) {
		if !named[name] {
			t.Errorf("%s has the error %s, which no case produces and which is not left out", module, name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("%s has no error %s", module, name)
	}
}

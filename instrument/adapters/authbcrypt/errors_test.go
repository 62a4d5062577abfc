// SPDX-License-Identifier: Apache-2.0

package authbcrypt_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authbcrypt"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

const password = "correct horse"

func hash(t testing.TB) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func compare(hash, password string) error {
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
}

func TestMapError(t *testing.T) {
	good := hash(t)
	if err := compare(good, password); err != nil {
		t.Fatal(err)
	}
	_, long := bcrypt.GenerateFromPassword([]byte(strings.Repeat("x", 73)), bcrypt.MinCost)
	_, cost := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MaxCost+1)
	internal := instrument.Error(semconv.ErrorTypeInternal)
	cases := []adaptertest.Case{
		{Of: "bcrypt.ErrMismatchedHashAndPassword", Is: bcrypt.ErrMismatchedHashAndPassword, Err: compare(good, "hunter2"), Want: instrument.Failure(semconv.ReasonInvalidCredentials)},
		{Of: "bcrypt.ErrMismatchedHashAndPassword", Name: "empty", Is: bcrypt.ErrMismatchedHashAndPassword, Err: compare(good, ""), Want: instrument.Failure(semconv.ReasonInvalidCredentials)},
		{Of: "bcrypt.ErrPasswordTooLong", Is: bcrypt.ErrPasswordTooLong, Err: long, Want: instrument.Failure(semconv.ReasonMalformed)},
		{Of: "bcrypt.ErrHashTooShort", Is: bcrypt.ErrHashTooShort, Err: compare(good[:50], password), Want: internal},
		{Of: "bcrypt.ErrHashTooShort", Name: "no hash", Is: bcrypt.ErrHashTooShort, Err: compare("", password), Want: internal},
		{Of: "bcrypt.HashVersionTooNewError", Is: bcrypt.HashVersionTooNewError('3'), Err: compare("$3"+good[2:], password), Want: internal},
		{Of: "bcrypt.InvalidHashPrefixError", Is: bcrypt.InvalidHashPrefixError('x'), Err: compare("x"+good[1:], password), Want: internal},
		{Of: "bcrypt.InvalidCostError", Is: bcrypt.InvalidCostError(bcrypt.MaxCost + 1), Err: cost, Want: internal},
		{Of: "bcrypt.InvalidCostError", Name: "stored", Is: bcrypt.InvalidCostError(99), Err: compare("$2a$99"+good[6:], password), Want: internal},
		{Of: "", Name: "a stored cost that is no number", Err: compare("$2a$xx"+good[6:], password), Want: adaptertest.Unknown},
	}
	adaptertest.Run(t, authbcrypt.MapError, cases)
	adaptertest.WantAll(t, cases, nil, "golang.org/x/crypto", "bcrypt")
}

func TestMapErrorOfOthers(t *testing.T) {
	for _, err := range []error{nil, context.Canceled, errors.New(bcrypt.ErrMismatchedHashAndPassword.Error())} {
		if got := authbcrypt.MapError(err); got != nil {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// Whatever is typed for a password is the user's failure, and whatever is stored for a
// hash is not.
func FuzzMapError(f *testing.F) {
	good := hash(f)
	f.Add(good, "hunter2")
	f.Add(good[:30], "")
	f.Add("$2a$04$"+strings.Repeat("!", 60), "x")
	f.Fuzz(func(t *testing.T, stored, typed string) {
		if len(stored) > 6 && stored[4:6] > "04" {
			return // a cost that would take its time
		}
		var says instrument.Reasoner
		err := compare(stored, typed)
		refused := errors.As(authbcrypt.MapError(err), &says) && says.AuthReason() == semconv.ReasonInvalidCredentials
		if refused != errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			t.Errorf("%v: refused %v", err, refused)
		}
	})
}

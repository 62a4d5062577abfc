// SPDX-License-Identifier: Apache-2.0

package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// failing is a test that keeps what it is failed with.
type failing struct {
	testing.TB
	said []string
}

func (f *failing) Helper()                  {}
func (f *failing) Context() context.Context { return context.Background() }
func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// has reports whether one of the failures holds all of the words.
func (f *failing) has(words ...string) bool {
	return slices.ContainsFunc(f.said, func(s string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s, w) })
	})
}

func TestErrorsOf(t *testing.T) {
	const source = `package lib
import "errors"
var (
	ErrOne = &Error{}
	Two = errors.New("2")
	Three error
	four = errors.New("4")
	Five = 5
	ErrSix, Seven = errors.New("6"), fmt.Errorf("7")
)
const ErrEight = "no error"
type Error struct{}
func (*Error) Error() string { return "" }
type Nine[T any] struct{}
func (n Nine[T]) Error() string { return "" }
type ten struct{}
func (ten) Error() string { return "" }
type Eleven struct { error }
type Twelve struct { Err error }
func (Twelve) Error(int) string { return "" }
func Error() string { return "" }
`
	f, err := parser.ParseFile(token.NewFileSet(), "lib.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := errorsOf(f)
	slices.Sort(got)
	want := []string{"Eleven", "ErrOne", "ErrSix", "Error", "Nine", "Seven", "Three", "Two"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWantAll(t *testing.T) {
	cases := []Case{{Of: "bcrypt.ErrHashTooShort"}, {Of: "bcrypt.ErrGone"}, {Of: ""}}
	left := map[string]string{"bcrypt.ErrHashTooShort": "twice", "bcrypt.ErrPasswordTooLong": ""}
	f := &failing{TB: t}
	WantAll(f, cases, left, "golang.org/x/crypto", "bcrypt")
	for _, words := range [][]string{
		{"ErrHashTooShort", "left out", "case"},
		{"ErrPasswordTooLong", "no reason"},
		{"no error", "ErrGone"},
		{"ErrMismatchedHashAndPassword", "no case"},
		{"InvalidCostError", "no case"},
	} {
		if !f.has(words...) {
			t.Errorf("nothing said of %v in %q", words, f.said)
		}
	}
	if f.has("ErrPasswordTooLong", "no case") {
		t.Errorf("%q", f.said)
	}
}

func TestWantRecorded(t *testing.T) {
	mapper := func(err error) error {
		if errors.Is(err, bcrypt.ErrHashTooShort) {
			return instrument.Error(semconv.ErrorTypeInternal)
		}
		return nil
	}
	for name, c := range map[string]struct {
		want error
		errs []error
		fail bool
	}{
		"as wanted":    {instrument.Error(semconv.ErrorTypeInternal), []error{bcrypt.ErrHashTooShort}, false},
		"unknown":      {Unknown, []error{errors.New("x"), errors.New("y")}, false},
		"success":      {nil, []error{nil}, false},
		"another type": {instrument.Error(semconv.ErrorTypeTLS), []error{bcrypt.ErrHashTooShort}, true},
		"one is not":   {instrument.Error(semconv.ErrorTypeInternal), []error{bcrypt.ErrHashTooShort, errors.New("x")}, true},
	} {
		f := &failing{TB: t}
		WantRecorded(f, mapper, c.want, c.errs...)
		if (len(f.said) > 0) != c.fail {
			t.Errorf("%s: %q", name, f.said)
		}
	}
}

// What an example prints.
func ExampleRecorder() {
	rec, show := Recorder()
	logins := rec.Service("api").Authentication(semconv.MethodPassword)
	logins.Count(context.Background(), nil)
	logins.Count(context.Background(), instrument.Failure(semconv.ReasonLocked))
	show("auth.authentication.attempts", "auth.nothing")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=locked auth.method=password auth.result=failure
	// 1 auth.authentication.attempts auth.method=password auth.result=success
}

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

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

var errLibrary = errors.New("library")

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
	const module = "github.com/datapunk/otelauth"
	for name, c := range map[string]struct {
		of   []string
		left map[string]string
		want []string // words of a failure; nil for none
	}{
		"all":            {[]string{"instrument.ErrNoCredential", "instrument.ErrBypassed", ""}, nil, nil},
		"one left out":   {[]string{"instrument.ErrNoCredential"}, map[string]string{"instrument.ErrBypassed": "a reason"}, nil},
		"for no reason":  {[]string{"instrument.ErrNoCredential"}, map[string]string{"instrument.ErrBypassed": ""}, []string{"ErrBypassed", "no reason"}},
		"and not at all": {[]string{"instrument.ErrNoCredential", "instrument.ErrBypassed"}, map[string]string{"instrument.ErrBypassed": "x"}, []string{"ErrBypassed", "case"}},
		"one forgotten":  {[]string{"instrument.ErrNoCredential"}, nil, []string{"ErrBypassed", "no case"}},
		"one too many":   {[]string{"instrument.ErrNoCredential", "instrument.ErrBypassed", "instrument.ErrGone"}, nil, []string{"no error", "ErrGone"}},
	} {
		var cases []Case
		for _, of := range c.of {
			cases = append(cases, Case{Of: of})
		}
		f := &failing{TB: t}
		WantAll(f, cases, c.left, module, "instrument")
		if len(f.said) != min(1, len(c.want)) || len(c.want) > 0 && !f.has(c.want...) {
			t.Errorf("%s: %q", name, f.said)
		}
	}
}

func TestWantRecorded(t *testing.T) {
	mapper := func(err error) error {
		if errors.Is(err, errLibrary) {
			return instrument.Error(semconv.ErrorTypeInternal)
		}
		return nil
	}
	for name, c := range map[string]struct {
		want error
		errs []error
		fail bool
	}{
		"as wanted":    {instrument.Error(semconv.ErrorTypeInternal), []error{errLibrary}, false},
		"unknown":      {Unknown, []error{errors.New("x"), errors.New("y")}, false},
		"success":      {nil, []error{nil}, false},
		"another type": {instrument.Error(semconv.ErrorTypeTLS), []error{errLibrary}, true},
		"one is not":   {instrument.Error(semconv.ErrorTypeInternal), []error{errLibrary, errors.New("x")}, true},
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

// SPDX-License-Identifier: Apache-2.0

package authcookie

import (
	"errors"
	"net/http"

	"github.com/gorilla/securecookie"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the library mean, and [http.ErrNoCookie], for
// [instrument.WithErrorMapper]. It is safe for concurrent use.
//
// A value longer than a codec admits has no error of its own in the library. Among
// those of several codecs it is malformed; alone, out of Decode, it counts as an error
// that nobody knows.
func MapError(err error) error {
	if errors.Is(err, http.ErrNoCookie) {
		return instrument.ErrNoCredential
	}
	w := walk{left: maxErrors}
	w.look(err)
	return meanings[w.found]
}

// kind is what a cookie's error is of, in the order in which one goes before another.
type kind int

const (
	unknown   kind = iota
	forged         // under no key that is known
	malformed      // not read, or not into what was asked for
	early
	expired
	internal // a codec that cannot work, so that nothing was decided
)

var meanings = [...]error{
	unknown:   nil,
	forged:    instrument.Failure(semconv.ReasonBadSignature),
	malformed: instrument.Failure(semconv.ReasonMalformed),
	early:     instrument.Failure(semconv.ReasonNotYetValid),
	expired:   instrument.Failure(semconv.ReasonExpired),
	internal:  instrument.Error(semconv.ErrorTypeInternal),
}

// maxErrors bounds how many errors of a tree are looked at.
const maxErrors = 64

type walk struct {
	found kind
	left  int
}

// look goes through a tree of errors, and into a MultiError, which errors.Is and
// errors.As do not.
func (w *walk) look(err error) {
	for err != nil && w.left > 0 {
		w.left--
		switch e := err.(type) { //nolint:errorlint // this is the walk itself
		case securecookie.MultiError:
			for _, child := range e {
				w.codec(child)
			}
			return
		case securecookie.Error:
			w.found = max(w.found, kindOf(e))
			return
		case interface{ Unwrap() []error }:
			for _, child := range e.Unwrap() {
				w.look(child)
			}
			return
		default:
			err = errors.Unwrap(err)
		}
	}
}

// codec looks at what one of several codecs returned. The library has one error that
// is a text alone: of a value that is too long.
func (w *walk) codec(err error) {
	own := walk{left: w.left}
	own.look(err)
	if own.found == unknown {
		own.found = malformed
	}
	w.left, w.found = own.left, max(w.found, own.found)
}

func kindOf(e securecookie.Error) kind {
	switch {
	case e.IsUsage(), e.IsInternal(), same(e, notBytes), same(e.Cause(), notBytes):
		return internal
	case !e.IsDecode():
		return unknown
	case same(e, tooOld):
		return expired
	case same(e, tooNew):
		return early
	case same(e, securecookie.ErrMacInvalid):
		return forged
	}
	return malformed
}

// same reports whether an error is one of the library's own, which are values.
func same(err error, own securecookie.Error) bool {
	return own != nil && err == error(own) //nolint:errorlint // the very one
}

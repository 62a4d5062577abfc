// SPDX-License-Identifier: Apache-2.0

// Package errtree reads how a library has put errors together.
//
//	if _, cause := errtree.Beside(err, lib.ErrSignature); cause != nil {
//		return instrument.ErrorOf(cause, semconv.ErrorTypeUnavailable)
//	}
package errtree

// maxErrors bounds how many errors of a tree are looked at; one may wrap itself.
const maxErrors = 64

// Beside looks for the error that wraps sentinel itself and returns what it wraps
// right after it, as in fmt.Errorf("%w: %w", sentinel, cause). Without a cause, alone
// reports that it wraps sentinel and nothing else; neither holds for a sentinel that
// nobody wraps. Of several places the first counts.
func Beside(err, sentinel error) (alone bool, cause error) {
	w := walk{sentinel: sentinel, left: maxErrors}
	w.look(err)
	return w.alone, w.cause
}

type walk struct {
	sentinel error
	left     int

	cause error
	alone bool
}

// look reports whether the place was found.
func (w *walk) look(err error) bool {
	for err != nil && w.left > 0 {
		w.left--
		switch e := err.(type) { //nolint:errorlint // this is the walk itself
		case interface{ Unwrap() error }:
			if err = e.Unwrap(); err == w.sentinel { //nolint:errorlint // the very one
				w.alone = true
				return true
			}
		case interface{ Unwrap() []error }:
			return w.among(e.Unwrap())
		default:
			return false
		}
	}
	return false
}

func (w *walk) among(all []error) bool {
	for i, child := range all {
		if child == w.sentinel { //nolint:errorlint // the very one
			if i+1 < len(all) {
				w.cause = all[i+1]
			}
			return true
		}
		if w.look(child) {
			return true
		}
	}
	return false
}

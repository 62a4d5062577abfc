// SPDX-License-Identifier: Apache-2.0

package instrument

import "github.com/datapunk/otelauth/semconv"

// ErrorOf returns the [Error] for trouble with a dependency or of one's own: of the
// type that the standard library's errors in the tree of err tell, such as a time-out
// or a refused connection, and of the type otherwise where they tell nothing. It is
// for mappers and adapters that know an error to be nobody's failure. A nil err stays
// nil.
func ErrorOf(err error, otherwise semconv.ErrorType) (typed error) {
	if err == nil {
		return nil
	}
	defer func() {
		if recover() != nil { // in a method of err, which is not our code
			typed = Error(otherwise)
		}
	}()
	var f findings
	if _, left := walk(err, maxErrors, f.look); left == 0 {
		return Error(otherwise) // a tree without an end
	}
	if t, ok := f.standard.errorType(); ok {
		return Error(t)
	}
	return Error(otherwise)
}

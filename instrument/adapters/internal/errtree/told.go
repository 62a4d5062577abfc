// SPDX-License-Identifier: Apache-2.0

package errtree

import (
	"errors"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Told returns the [instrument.Error] that the standard library's errors in a tree
// tell, and nil where they tell nothing.
func Told(err error) error {
	told := instrument.ErrorOf(err, semconv.ErrorTypeOther)
	if errors.Is(told, instrument.Error(semconv.ErrorTypeOther)) {
		return nil
	}
	return told
}

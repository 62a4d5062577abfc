// SPDX-License-Identifier: Apache-2.0

package errtree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
	"github.com/datapunk/otelauth/semconv"
)

func TestTold(t *testing.T) {
	for _, err := range []error{nil, errCause, errors.Join(errCause, errSentinel), loop{}, many{}} {
		if got := errtree.Told(err); got != nil {
			t.Errorf("%v: %v", err, got)
		}
	}
	want := instrument.Error(semconv.ErrorTypeTimeout)
	if got := errtree.Told(fmt.Errorf("%w: %w", errSentinel, context.DeadlineExceeded)); got != want { //nolint:errorlint // the very same
		t.Errorf("%v", got)
	}
}

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
	for _, err := range []error{nil, cause, errors.Join(cause, sentinel), loop{}, many{}} {
		if got := errtree.Told(err); got != nil {
			t.Errorf("%v: %v", err, got)
		}
	}
	want := instrument.Error(semconv.ErrorTypeTimeout)
	if got := errtree.Told(fmt.Errorf("%w: %w", sentinel, context.DeadlineExceeded)); got != want { //nolint:errorlint // the very same
		t.Errorf("%v", got)
	}
}

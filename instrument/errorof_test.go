// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

func TestErrorOf(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want semconv.ErrorType
	}{
		"a time-out":   {fmt.Errorf("fetch: %w", context.DeadlineExceeded), semconv.ErrorTypeTimeout},
		"canceled":     {errors.Join(errors.New("x"), context.Canceled), semconv.ErrorTypeCanceled},
		"a name":       {&net.DNSError{}, semconv.ErrorTypeDNS},
		"says nothing": {errors.New("503"), semconv.ErrorTypeInternal},
		"no end":       {loop{}, semconv.ErrorTypeInternal},
		"two ends":     {many{}, semconv.ErrorTypeInternal},
		"panics":       {hostile{}, semconv.ErrorTypeInternal},
	} {
		if got := ErrorOf(c.err, semconv.ErrorTypeInternal); got != Error(c.want) { //nolint:errorlint // the very same
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
	}
	if err := ErrorOf(nil, semconv.ErrorTypeInternal); err != nil {
		t.Errorf("nil became %v", err)
	}
	if err := ErrorOf(errors.New("x"), 200); err != Error(semconv.ErrorTypeOther) { //nolint:errorlint // the very same
		t.Errorf("a type outside the enum became %+v", err)
	}
}

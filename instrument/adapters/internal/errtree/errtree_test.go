// SPDX-License-Identifier: Apache-2.0

package errtree_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
)

var (
	errSentinel = errors.New("sentinel")
	errCause    = errors.New("cause")
)

func TestBeside(t *testing.T) {
	lib := fmt.Errorf("%w: %w", errSentinel, errCause)
	for name, c := range map[string]struct {
		err   error
		cause error
		alone bool
	}{
		"nil":             {nil, nil, false},
		"another":         {errCause, nil, false},
		"bare":            {errSentinel, nil, false},
		"joined alone":    {errors.Join(errSentinel), nil, false},
		"with a cause":    {lib, errCause, false},
		"alone":           {fmt.Errorf("%w: RS256", errSentinel), nil, true},
		"deep":            {fmt.Errorf("a: %w", errors.Join(errors.New("b"), fmt.Errorf("c: %w", lib))), errCause, false},
		"cause in front":  {fmt.Errorf("%w: %w", errCause, errSentinel), nil, false},
		"the first place": {errors.Join(fmt.Errorf("x: %w", errSentinel), lib), nil, true},
		"no end":          {loop{}, nil, false},
		"two ends":        {many{}, nil, false},
	} {
		if alone, got := errtree.Beside(c.err, errSentinel); got != c.cause || alone != c.alone { //nolint:errorlint // the very same
			t.Errorf("%s: %v, %v", name, got, alone)
		}
	}
}

// loop and many wrap themselves for ever.
type (
	loop struct{}
	many struct{}
)

func (loop) Error() string     { return "loop" }
func (l loop) Unwrap() error   { return l }
func (many) Error() string     { return "many" }
func (m many) Unwrap() []error { return []error{m, m} }

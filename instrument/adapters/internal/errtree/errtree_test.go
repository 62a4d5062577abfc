// SPDX-License-Identifier: Apache-2.0

package errtree_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
)

var (
	sentinel = errors.New("sentinel")
	cause    = errors.New("cause")
)

func TestBeside(t *testing.T) {
	lib := fmt.Errorf("%w: %w", sentinel, cause)
	for name, c := range map[string]struct {
		err   error
		cause error
		alone bool
	}{
		"nil":             {nil, nil, false},
		"another":         {cause, nil, false},
		"bare":            {sentinel, nil, false},
		"joined alone":    {errors.Join(sentinel), nil, false},
		"with a cause":    {lib, cause, false},
		"alone":           {fmt.Errorf("%w: RS256", sentinel), nil, true},
		"deep":            {fmt.Errorf("a: %w", errors.Join(errors.New("b"), fmt.Errorf("c: %w", lib))), cause, false},
		"cause in front":  {fmt.Errorf("%w: %w", cause, sentinel), nil, false},
		"the first place": {errors.Join(fmt.Errorf("x: %w", sentinel), lib), nil, true},
		"no end":          {loop{}, nil, false},
		"two ends":        {many{}, nil, false},
	} {
		if got, alone := errtree.Beside(c.err, sentinel); got != c.cause || alone != c.alone { //nolint:errorlint // the very same
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

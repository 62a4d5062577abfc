// SPDX-License-Identifier: Apache-2.0

package instrumenttest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

var (
	ctx     = context.Background()
	refused = instrument.Failure(semconv.ReasonInvalidCredentials)
	locked  = instrument.Failure(semconv.ReasonLocked)
	down    = instrument.Error(semconv.ErrorTypeUnavailable)
)

// fakeT is a test that keeps what it is told.
type fakeT struct{ failures []string }

func (f *fakeT) Helper() {}
func (f *fakeT) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

// take returns the failures since the last take.
func (f *fakeT) take() string {
	all := strings.Join(f.failures, "\n")
	f.failures = nil
	return all
}

// fake is New on a fakeT.
func fake(opts ...instrument.Option) (*instrument.Recorder, *instrumenttest.Got, *fakeT) {
	f := &fakeT{}
	rec, got := instrumenttest.New(f, opts...)
	return rec, got, f
}

// said checks the failures since the last call, which must be exactly this.
func said(t *testing.T, f *fakeT, want string) {
	t.Helper()
	if got := f.take(); got != want {
		t.Errorf("failures:\n%s\nwant:\n%s", got, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/semconv"
)

func TestWithDefault(t *testing.T) {
	rec, err := New(WithErrorMapper(func(err error) error {
		if errors.Is(err, errLibrary) {
			return Failure(semconv.ReasonExpired)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	x := errors.New("x")
	internal := Error(semconv.ErrorTypeInternal)
	failure := func(r semconv.Reason) Outcome { return Outcome{Result: semconv.ResultFailure, Reason: r} }
	trouble := func(e semconv.ErrorType) Outcome { return Outcome{Result: semconv.ResultError, ErrorType: e} }
	for name, c := range map[string]struct {
		err  error
		want Outcome
	}{
		"an error":                 {WithDefault(x, internal), trouble(semconv.ErrorTypeInternal)},
		"a failure":                {WithDefault(x, Failure(semconv.ReasonLocked)), failure(semconv.ReasonLocked)},
		"no credential":            {WithDefault(x, ErrNoCredential), Outcome{Result: semconv.ResultNone}},
		"success":                  {WithDefault(x, nil), Outcome{Result: semconv.ResultSuccess}},
		"no outcome":               {WithDefault(x, mute{}), unknown},
		"hostile outcome":          {WithDefault(x, hostile{}), unknown},
		"the outer one":            {WithDefault(WithDefault(x, nil), internal), trouble(semconv.ErrorTypeInternal)},
		"wrapped":                  {fmt.Errorf("verify: %w", WithDefault(x, internal)), trouble(semconv.ErrorTypeInternal)},
		"a silent gRPC status":     {WithDefault(status.Error(codes.NotFound, ""), nil), Outcome{Result: semconv.ResultSuccess}},
		"its own word goes first":  {WithDefault(WithReason(x, semconv.ReasonLocked), nil), failure(semconv.ReasonLocked)},
		"a mapper goes first":      {WithDefault(errLibrary, nil), failure(semconv.ReasonExpired)},
		"in place of gRPC's":       {WithDefault(status.Error(codes.Unauthenticated, ""), internal), trouble(semconv.ErrorTypeInternal)},
		"the library goes first":   {WithDefault(context.Canceled, nil), trouble(semconv.ErrorTypeCanceled)},
		"an endless error is none": {WithDefault(loop{}, nil), unknown},
		"a hostile error is none":  {WithDefault(hostile{}, nil), unknown},
	} {
		if got := rec.classify(c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if err := WithDefault(nil, internal); err != nil {
		t.Errorf("WithDefault(nil) = %v", err)
	}
	if err := WithDefault(x, internal); err.Error() != "x" || !errors.Is(err, x) {
		t.Errorf("the text or the chain is not kept: %v", err)
	}
}

// mute is an error that says nothing.
type mute struct{}

func (mute) Error() string { return "mute" }

func TestGRPCOutcome(t *testing.T) {
	rec, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for code := codes.Code(0); code <= 18; code++ { // two more than there are
		got := GRPCOutcome(uint32(code))
		want, ok := telling[code]
		if (got != nil) != ok || ok && rec.classify(got) != want {
			t.Errorf("%v: %v, want %+v", code, got, want)
		}
	}
}

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

// telling is what each telling code comes to; the others leave an error unknown.
var telling = map[codes.Code]Outcome{
	codes.Unauthenticated:   {Result: semconv.ResultFailure, Reason: semconv.ReasonInvalidCredentials},
	codes.PermissionDenied:  {Result: semconv.ResultFailure, Reason: semconv.ReasonPolicyDenied},
	codes.ResourceExhausted: {Result: semconv.ResultFailure, Reason: semconv.ReasonRateLimited},
	codes.Canceled:          {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeCanceled},
	codes.DeadlineExceeded:  {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeTimeout},
	codes.Unavailable:       {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeUnavailable},
	codes.Internal:          {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeInternal},
	codes.Unknown:           {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeInternal},
	codes.DataLoss:          {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeInternal},
	codes.Unimplemented:     {Result: semconv.ResultError, ErrorType: semconv.ErrorTypeInternal},
}

// bears is an error of its own that bears a status, as gRPC lets errors do.
type bears struct {
	error
	status *status.Status
}

func (b bears) GRPCStatus() *status.Status { return b.status }
func (b bears) Unwrap() error              { return b.error }

func TestGRPCStatus(t *testing.T) {
	rec, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for code := codes.Code(1); code <= 18; code++ { // two more than there are
		want, ok := telling[code]
		if !ok {
			want = unknown
		}
		bare := status.Error(code, "alice's password is hunter2")
		for name, err := range map[string]error{
			"bare":    bare,
			"wrapped": fmt.Errorf("verify: %w", bare),
			"joined":  errors.Join(errors.New("x"), fmt.Errorf("verify: %w", bare)),
			"borne":   bears{errors.New("x"), status.New(code, "")},
		} {
			if got := rec.classify(err); got != want {
				t.Errorf("%v, %s: %+v, want %+v", code, name, got, want)
			}
		}
	}
}

// Errors that look like the status of gRPC and are not.
type (
	noCode      struct{ error }
	otherCode   struct{ error }
	takes       struct{ error }
	twoResults  struct{ error }
	nilStatus   struct{ error }
	nilPointer  struct{ error }
	panicStatus struct{ error }
	panicCode   struct{ error }

	stringCode struct{}
	anyStatus  interface{ Code() uint32 }
	badStatus  struct{}
)

func (stringCode) Code() string { return "Unauthenticated" }
func (*badStatus) Code() uint32 { panic("Code") }

func (noCode) GRPCStatus() int                       { return 16 }
func (otherCode) GRPCStatus() stringCode             { return stringCode{} }
func (takes) GRPCStatus(uint32) *status.Status       { return status.New(codes.Unauthenticated, "") }
func (twoResults) GRPCStatus() (*status.Status, int) { return status.New(codes.Unauthenticated, ""), 0 }
func (nilStatus) GRPCStatus() anyStatus              { return nil }
func (nilPointer) GRPCStatus() *badStatus            { return nil }
func (panicStatus) GRPCStatus() *status.Status       { panic("GRPCStatus") }
func (panicCode) GRPCStatus() *badStatus             { return &badStatus{} }

func TestWhatIsNoGRPCStatusIsLeftAlone(t *testing.T) {
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
	unauthenticated := status.Error(codes.Unauthenticated, "")
	canceled := Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorTypeCanceled}
	for name, c := range map[string]struct {
		err  error
		want Outcome
	}{
		"result without a code":   {noCode{x}, unknown},
		"code of another type":    {otherCode{x}, unknown},
		"method with a parameter": {takes{x}, unknown},
		"method with two results": {twoResults{x}, unknown},
		"nil interface":           {nilStatus{x}, unknown},
		"nil pointer":             {nilPointer{x}, unknown},
		"panics":                  {panicStatus{x}, unknown},
		"panics in Code":          {panicCode{x}, unknown},
		"no success by an error":  {bears{x, status.New(codes.OK, "")}, unknown},
		"the next error is asked": {errors.Join(noCode{x}, status.Error(codes.Canceled, "")), canceled},
		"no opinion, but a cause": {bears{context.Canceled, status.New(codes.NotFound, "")}, canceled},
		"no status, but a cause":  {bears{context.Canceled, nil}, canceled},
		"an outcome goes first":   {errors.Join(unauthenticated, Failure(semconv.ReasonLocked)), Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonLocked}},
		"a mapper goes first":     {errors.Join(unauthenticated, errLibrary), Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonExpired}},
		"before a cause's own":    {bears{context.Canceled, status.New(codes.Unauthenticated, "")}, telling[codes.Unauthenticated]},
	} {
		if got := rec.classify(c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}

	// None of them ends the search, as a panic would.
	for _, odd := range []error{noCode{x}, otherCode{x}, takes{x}, twoResults{x}, nilStatus{x}, nilPointer{x}} {
		if got := rec.classify(errors.Join(odd, context.Canceled)); got != canceled {
			t.Errorf("%T before a known error: %+v, want %+v", odd, got, canceled)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/semconv"
)

var errLibrary = errors.New("library: token is expired")

// loop wraps itself for ever.
type loop struct{}

func (l loop) Error() string { return "loop" }
func (l loop) Unwrap() error { return l }

// hostile panics whatever it is asked.
type hostile struct{}

func (hostile) Error() string { panic("Error") }
func (hostile) Unwrap() error { panic("Unwrap") }

// liar gives a reason outside the enum.
type liar struct{}

func (liar) Error() string              { return "liar" }
func (liar) AuthReason() semconv.Reason { return 250 }

func TestClassify(t *testing.T) {
	rec, err := New(WithErrorMapper(func(err error) error {
		if errors.Is(err, errLibrary) {
			return Failure(semconv.ReasonExpired)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	failure := func(r semconv.Reason) Outcome { return Outcome{Result: semconv.ResultFailure, Reason: r} }
	trouble := func(e semconv.ErrorType) Outcome { return Outcome{Result: semconv.ResultError, ErrorType: e} }
	for name, c := range map[string]struct {
		err  error
		want Outcome
	}{
		"nil":                  {nil, Outcome{Result: semconv.ResultSuccess}},
		"failure":              {Failure(semconv.ReasonLocked), failure(semconv.ReasonLocked)},
		"failure outside enum": {Failure(200), failure(semconv.ReasonOther)},
		"error":                {Error(semconv.ErrorTypeDNS), trouble(semconv.ErrorTypeDNS)},
		"error outside enum":   {Error(200), trouble(semconv.ErrorTypeOther)},
		"no credential":        {ErrNoCredential, Outcome{Result: semconv.ResultNone}},
		"bypassed":             {ErrBypassed, Outcome{Result: semconv.ResultBypassed}},
		"wrapped":              {fmt.Errorf("login: %w", Failure(semconv.ReasonReplayed)), failure(semconv.ReasonReplayed)},
		"joined":               {errors.Join(errors.New("x"), ErrNoCredential), Outcome{Result: semconv.ResultNone}},
		"with reason":          {fmt.Errorf("a: %w", WithReason(context.Canceled, semconv.ReasonDisabled)), failure(semconv.ReasonDisabled)},
		"liar":                 {liar{}, failure(semconv.ReasonOther)},
		"mapper":               {fmt.Errorf("x: %w", errLibrary), failure(semconv.ReasonExpired)},
		"canceled":             {fmt.Errorf("x: %w", context.Canceled), trouble(semconv.ErrorTypeCanceled)},
		"deadline":             {context.DeadlineExceeded, trouble(semconv.ErrorTypeTimeout)},
		"I/O deadline":         {os.ErrDeadlineExceeded, trouble(semconv.ErrorTypeTimeout)},
		"dns":                  {&net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}, trouble(semconv.ErrorTypeDNS)},
		"refused":              {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, trouble(semconv.ErrorTypeConnectionRefused)},
		"reset":                {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, trouble(semconv.ErrorTypeUnavailable)},
		"closed":               {net.ErrClosed, trouble(semconv.ErrorTypeUnavailable)},
		"unknown authority":    {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, trouble(semconv.ErrorTypeTLS)},
		"authority, dialed":    {&net.OpError{Op: "dial", Err: x509.UnknownAuthorityError{}}, trouble(semconv.ErrorTypeUnavailable)},
		"client's certificate": {fmt.Errorf("x5c: %w", x509.UnknownAuthorityError{}), failure(semconv.ReasonUnknownKey)},
		"certificate":          {&tls.CertificateVerificationError{Err: errors.New("x")}, trouble(semconv.ErrorTypeTLS)},
		"unknown extension":    {x509.UnhandledCriticalExtension{}, failure(semconv.ReasonPolicyDenied)},
		"no system roots":      {x509.SystemRootsError{}, trouble(semconv.ErrorTypeTLS)},
		"truncated request":    {io.ErrUnexpectedEOF, failure(semconv.ReasonOther)},
		"unknown":              {errors.New("alice's password is hunter2"), failure(semconv.ReasonOther)},
		"panics":               {hostile{}, failure(semconv.ReasonOther)},
		"nil inside":           {fmt.Errorf("%w", error(nil)), failure(semconv.ReasonOther)},
	} {
		if got := rec.classify(c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAnErrorWithoutAnEndIsUnknown(t *testing.T) {
	rec, err := New()
	if err != nil {
		t.Fatal(err)
	}
	deep := errors.New("deep")
	for range 1000 {
		deep = fmt.Errorf("x: %w", deep)
	}
	wide := errors.New("wide")
	for range 64 {
		wide = errors.Join(wide, wide)
	}
	for _, err := range []error{loop{}, many{}, deep, wide} {
		if got := rec.classify(err); got != unknown {
			t.Errorf("%T: %+v", err, got)
		}
	}
}

// many wraps itself twice, for ever.
type many struct{}

func (many) Error() string     { return "many" }
func (m many) Unwrap() []error { return []error{m, m} }

func TestRefusedConnectionForReal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, err = net.Dial("tcp", addr)
	rec, _ := New()
	if got := rec.classify(err); got.ErrorType != semconv.ErrorTypeConnectionRefused || got.Result != semconv.ResultError {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestAPanickingMapperIsAnUnknownError(t *testing.T) {
	g := newRig(t, WithServices("api"), WithErrorMapper(func(error) error { panic("mapper") }))
	g.rec.Service("api").Authentication(semconv.MethodSAML).Count(ctx, errors.New("x"))
	g.want("auth.authentication.attempts", map[string]float64{
		"failure.reason=_OTHER method=saml result=failure service.name=api": 1,
	})
}

func TestErrorsOfOutcomesReadWell(t *testing.T) {
	for err, want := range map[error]string{
		Failure(semconv.ReasonLocked):                 "refused",
		Error(semconv.ErrorTypeTimeout):               "no decision could be made",
		ErrNoCredential:                               "no credential",
		WithReason(errLibrary, semconv.ReasonExpired): errLibrary.Error(),
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if WithReason(nil, semconv.ReasonExpired) != nil {
		t.Error("WithReason made an error of nil")
	}
	if !errors.Is(WithReason(errLibrary, semconv.ReasonExpired), errLibrary) {
		t.Error("WithReason cut the chain")
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("token is expired", uint8(0), uint8(3))
	f.Add("a\x00b\xff", uint8(255), uint8(7))
	f.Add("", uint8(21), uint8(64))
	f.Add("rpc error: code = OK", uint8(codes.OK), uint8(0))
	f.Add("permission denied", uint8(codes.Unauthenticated), uint8(1))
	f.Add("x509: certificate has expired", uint8(x509.Expired), uint8(2))
	rec, err := New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, n, depth uint8) {
		for _, err := range []error{errors.New(text), Failure(semconv.Reason(n)), Error(semconv.ErrorType(n)),
			WithReason(errors.New(text), semconv.Reason(n)), errors.Join(errors.New(text), liar{}),
			status.Error(codes.Code(n), text), bears{errors.New(text), status.New(codes.Code(n), text)},
			x509.CertificateInvalidError{Reason: x509.InvalidReason(n), Detail: text}} {
			for range depth {
				err = fmt.Errorf("x: %w", err) // not text again, which would grow to gigabytes
			}
			o := rec.classify(err)
			for _, o := range []Outcome{o, clientCertificate(err, o)} {
				if o.Result >= semconv.NumResult || o.Reason >= semconv.NumReason || o.ErrorType >= semconv.NumErrorType {
					t.Errorf("%v is outside the enums: %+v", err, o)
				}
			}
		}
	})
}

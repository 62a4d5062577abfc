// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/datapunk/otelauth/semconv"
)

// classify turns an error into an outcome, in this order: nil is success; what
// the error says of itself ([Failure], [Error], [Reasoner]); what a mapper says
// of it; its gRPC status; the standard library's errors, which are an error and
// never a failure; what [WithDefault] gave it; anything else is a failure for the
// reason _OTHER. Nothing of the error's text is looked at, since a client may have
// written it.
func (r *Recorder) classify(err error) outcome {
	if err == nil {
		return outcome{result: semconv.ResultSuccess}
	}
	if v, ok := err.(*verdict); ok { //nolint:errorlint // the common case, without a walk
		return v.outcome
	}
	return r.classifyTree(err)
}

func (r *Recorder) classifyTree(err error) (o outcome) {
	defer func() {
		// An error's own methods and the mappers are not our code, and a
		// login must not fail by what they do.
		if recover() != nil {
			o = unknown
		}
	}()
	o, ok, left := said(err, maxErrors)
	if ok {
		return o
	}
	if left == 0 {
		return unknown // a tree without an end, in which nobody else must get lost
	}
	for _, m := range r.mappers {
		if o, ok, _ := said(m(err), maxErrors); ok {
			return o
		}
	}
	if o, ok, _ := grpcStatus(err, maxErrors); ok {
		return o
	}
	if t, ok := standardError(err); ok {
		return outcome{result: semconv.ResultError, errorType: t}
	}
	return otherwise(err)
}

// unknown is the outcome of an error that nobody knows.
var unknown = outcome{result: semconv.ResultFailure, reason: semconv.ReasonOther}

// standardError says what kind of trouble an error of the standard library is.
func standardError(err error) (semconv.ErrorType, bool) {
	var (
		timeout   interface{ Timeout() bool }
		dns       *net.DNSError
		op        *net.OpError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		extension x509.UnhandledCriticalExtension
		roots     x509.SystemRootsError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return semconv.ErrorTypeCanceled, true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return semconv.ErrorTypeTimeout, true
	case errors.As(err, &dns): // before timeouts: which name server was slow is the better hint
		return semconv.ErrorTypeDNS, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return semconv.ErrorTypeTimeout, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return semconv.ErrorTypeConnectionRefused, true
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &verify),
		errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid),
		errors.As(err, &extension), errors.As(err, &roots):
		return semconv.ErrorTypeTLS, true
	case errors.As(err, &op), errors.Is(err, net.ErrClosed):
		return semconv.ErrorTypeUnavailable, true
	}
	return 0, false
}

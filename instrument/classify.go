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
// never a failure; anything else is a failure for the reason _OTHER. [WithDefault]
// puts another end to it. Nothing of the error's text is looked at, since a client
// may have written it.
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
	d, defaulted := errors.AsType[*defaulted](err)
	if !defaulted {
		if o, ok, _ := grpcStatus(err, maxErrors); ok {
			return o
		}
	}
	if t, ok := standardError(err); ok {
		return outcome{result: semconv.ResultError, errorType: t}
	}
	if defaulted {
		return d.outcome()
	}
	return unknown
}

// unknown is the outcome of an error that nobody knows.
var unknown = outcome{result: semconv.ResultFailure, reason: semconv.ReasonOther}

// standardError says what kind of trouble an error of the standard library is.
func standardError(err error) (semconv.ErrorType, bool) {
	switch {
	case errors.Is(err, context.Canceled):
		return semconv.ErrorTypeCanceled, true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return semconv.ErrorTypeTimeout, true
	case is[*net.DNSError](err): // before timeouts: which name server was slow is the better hint
		return semconv.ErrorTypeDNS, true
	case timedOut(err):
		return semconv.ErrorTypeTimeout, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return semconv.ErrorTypeConnectionRefused, true
	case is[tls.RecordHeaderError](err), is[tls.AlertError](err), is[*tls.CertificateVerificationError](err),
		is[x509.UnknownAuthorityError](err), is[x509.HostnameError](err), is[x509.CertificateInvalidError](err),
		is[x509.UnhandledCriticalExtension](err), is[x509.SystemRootsError](err):
		return semconv.ErrorTypeTLS, true
	case is[*net.OpError](err), errors.Is(err, net.ErrClosed):
		return semconv.ErrorTypeUnavailable, true
	}
	return 0, false
}

// is reports whether an error of this type is in the tree.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func timedOut(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && e.Timeout()
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"math/bits"
	"net"
	"os"
	"syscall"

	"github.com/datapunk/otelauth/semconv"
)

// troubles is a set of kinds of trouble that errors of the standard library tell
// of. One tree often has several; the one that says most comes first.
type troubles uint8

const (
	canceled troubles = 1 << iota
	deadline
	dns // before time-outs: which name server was slow is the better hint
	timeout
	refused
	insecure
	unreachable
	badCertificate // not of a server's in a handshake
)

// troubleTypes are the types of error, by the position of the bit.
var troubleTypes = [...]semconv.ErrorType{
	semconv.ErrorTypeCanceled,
	semconv.ErrorTypeTimeout,
	semconv.ErrorTypeDNS,
	semconv.ErrorTypeTimeout,
	semconv.ErrorTypeConnectionRefused,
	semconv.ErrorTypeTLS,
	semconv.ErrorTypeUnavailable,
	semconv.ErrorTypeTLS,
}

func (t troubles) errorType() (semconv.ErrorType, bool) {
	if t == 0 {
		return 0, false
	}
	return troubleTypes[bits.TrailingZeros8(uint8(t))], true
}

// standardTrouble says what trouble this very error tells of.
func standardTrouble(err error) (t troubles) {
	switch e := err.(type) { //nolint:errorlint // one error of a walk
	case *net.DNSError:
		return dns
	case *net.OpError:
		t = unreachable
	case syscall.Errno:
		if e == syscall.ECONNREFUSED {
			t = refused
		}
	case tls.RecordHeaderError, tls.AlertError, *tls.CertificateVerificationError, x509.SystemRootsError:
		return insecure
	case x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError, x509.UnhandledCriticalExtension:
		return badCertificate
	}
	if slow, ok := err.(interface{ Timeout() bool }); ok && slow.Timeout() {
		t |= timeout
	}
	for _, known := range sentinels {
		if is(err, known.err) {
			t |= known.trouble
		}
	}
	return t
}

var sentinels = []struct {
	err     error
	trouble troubles
}{
	{context.Canceled, canceled},
	{context.DeadlineExceeded, deadline},
	{os.ErrDeadlineExceeded, deadline},
	{syscall.ECONNREFUSED, refused},
	{net.ErrClosed, unreachable},
}

// is is one step of [errors.Is]: the standard library has errors of its own that
// only say so, as of a context that ended while it dialed.
func is(err, target error) bool {
	if err == target { //nolint:errorlint // the walk is outside
		return true
	}
	e, ok := err.(interface{ Is(error) bool })
	return ok && e.Is(target)
}

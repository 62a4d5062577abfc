// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// clientCertificate reads an outcome again where a certificate is the client's: with
// [semconv.MethodMTLS], or where no handshake reported it. There, an error of
// crypto/x509 is the client's failure and not about a server that we could not
// trust. Otherwise a client could make its attempts look like trouble of ours by
// bringing a bad certificate.
func clientCertificate(err error, o Outcome) (again Outcome) {
	if o.Result != semconv.ResultError || o.ErrorType != semconv.ErrorTypeTLS {
		return o
	}
	defer func() {
		if recover() != nil { // the error's own methods are not our code
			again = o
		}
	}()
	failure := func(r semconv.Reason) Outcome { return Outcome{Result: semconv.ResultFailure, Reason: r} }
	var (
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		extension x509.UnhandledCriticalExtension
	)
	switch {
	case errors.As(err, &authority):
		return failure(semconv.ReasonUnknownKey)
	case errors.As(err, &host):
		// Checked by hand, against the name that the client claims.
		return failure(semconv.ReasonBindingMismatch)
	case errors.As(err, &extension):
		return failure(semconv.ReasonPolicyDenied)
	case !errors.As(err, &invalid):
		return o
	case invalid.Reason != x509.Expired:
		return failure(semconv.ReasonPolicyDenied)
	case invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore):
		// x509.Expired stands for both ends of the validity.
		return failure(semconv.ReasonNotYetValid)
	default:
		return failure(semconv.ReasonExpired)
	}
}

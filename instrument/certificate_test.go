// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// certificate makes a self-signed client certificate.
func certificate(t *testing.T, from, to time.Time, usage x509.ExtKeyUsage) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to,
		ExtKeyUsage: []x509.ExtKeyUsage{usage}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The errors are those that crypto/x509 gives for real certificates.
func TestClientCertificates(t *testing.T) {
	now := time.Now()
	verify := func(c *x509.Certificate, trusted bool) error {
		roots := x509.NewCertPool()
		if trusted {
			roots.AddCert(c)
		}
		_, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return fmt.Errorf("mtls: %w", err)
		}
		return nil
	}
	client := x509.ExtKeyUsageClientAuth
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"good":          {verify(certificate(t, now.Add(-time.Hour), now.Add(time.Hour), client), true), "result=success"},
		"expired":       {verify(certificate(t, now.Add(-2*time.Hour), now.Add(-time.Hour), client), true), "expired"},
		"not yet valid": {verify(certificate(t, now.Add(time.Hour), now.Add(2*time.Hour), client), true), "not_yet_valid"},
		"unknown":       {verify(certificate(t, now.Add(-time.Hour), now.Add(time.Hour), client), false), "unknown_key"},
		"for servers":   {verify(certificate(t, now.Add(-time.Hour), now.Add(time.Hour), x509.ExtKeyUsageServerAuth), true), "policy_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, WithServices("api"))
			g.rec.Service("api").Authentication(semconv.MethodMTLS).Count(ctx, c.err)
			want := "failure.reason=" + c.want + " method=mtls result=failure service.name=api"
			if c.err == nil {
				want = "method=mtls " + c.want + " service.name=api"
			}
			g.want("auth.authentication.attempts", map[string]float64{want: 1})
		})
	}

	g := newRig(t, WithServices("api"))
	mtls := g.rec.Service("api").Authentication(semconv.MethodMTLS)
	mtls.Count(ctx, certificate(t, time.Now(), time.Now(), client).VerifyHostname("mallory.example"))
	mtls.Count(ctx, &tls.CertificateVerificationError{Err: x509.UnhandledCriticalExtension{}})
	mtls.Count(ctx, x509.SystemRootsError{}) // ours: there is nothing to check against
	mtls.Count(ctx, errors.New("x"))
	g.rec.Service("api").Authentication(semconv.MethodOIDC).Count(ctx, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
	g.want("auth.authentication.attempts", map[string]float64{
		"failure.reason=binding_mismatch method=mtls result=failure service.name=api": 1,
		"failure.reason=policy_denied method=mtls result=failure service.name=api":    1,
		"method=mtls result=error service.name=api error.type=tls":                    1,
		"failure.reason=_OTHER method=mtls result=failure service.name=api":           1,
		"method=oidc result=error service.name=api error.type=tls":                    1,
	})
}

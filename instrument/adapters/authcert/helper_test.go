// SPDX-License-Identifier: Apache-2.0

package authcert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/instrument/adapters/authcert"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// authority issues the certificates of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// authorities counts them, so that each has a name of its own.
var authorities atomic.Int64

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key := newKey(t)
	a := &authority{key: key}
	a.cert, a.pem = sign(t, &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: fmt.Sprint("test authority ", authorities.Add(1))},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(1000 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil, key, key)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign returns a certificate; without a parent it is self-signed.
func sign(t testing.TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) (*x509.Certificate, []byte) {
	t.Helper()
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// pair is what the two files hold.
type pair struct {
	serial    int64
	end       time.Time
	cert, key []byte
}

// issue returns a pair with a serial number to know it by, that ends after d.
func (a *authority) issue(t testing.TB, serial int64, d time.Duration) pair {
	t.Helper()
	key := newKey(t)
	end := time.Now().Add(d).Truncate(time.Second)
	_, cert := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: "service"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, key, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{serial, end, cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
}

// rig is a Reloader on two files, recorded.
type rig struct {
	*authcert.Reloader
	ca        *authority
	cert, key string // paths
	got       *instrumenttest.Got
	told      chan error // what went to the error handler
}

// newRig starts one on a pair with serial number 1 that ends after 24 hours.
func newRig(t *testing.T, opts ...authcert.Option) *rig {
	t.Helper()
	rec, got := instrumenttest.New(t)
	dir := t.TempDir()
	r := &rig{ca: newAuthority(t), cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key"), got: got}
	r.write(t, r.ca.issue(t, 1, 24*time.Hour))
	r.listen(t)
	var err error
	r.Reloader, err = authcert.New(r.cert, r.key, rec.Service("api").Credential(semconv.CredentialTypeCertificate), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// listen sees what goes to the error handler.
func (r *rig) listen(t *testing.T) {
	t.Helper()
	told, before := make(chan error, 100), otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { told <- err }))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	r.told = told
}

func (r *rig) write(t *testing.T, p pair) {
	t.Helper()
	writeFile(t, r.cert, p.cert)
	writeFile(t, r.key, p.key)
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantServed asserts which certificate a handshake would get.
func (r *rig) wantServed(t *testing.T, serial int64) {
	t.Helper()
	if got := served(t, r.Reloader); got != serial {
		t.Errorf("serving certificate %d, want %d", got, serial)
	}
}

func served(t *testing.T, r *authcert.Reloader) int64 {
	t.Helper()
	c, err := r.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Error(err)
		return 0
	}
	return c.Leaf.SerialNumber.Int64()
}

// wantRotations asserts how many replacements there were.
func (r *rig) wantRotations(n int64, trigger semconv.RotationTrigger, result semconv.Result) {
	r.got.Want("auth.credential.rotations", float64(n), semconv.CredentialTypeCertificate.Attr(), trigger.Attr(), result.Attr())
}

// wantEnd asserts the end that is shown, and that nothing else is recorded.
func (r *rig) wantEnd(end time.Time) {
	r.got.Want("auth.credential.expiration.timestamp", float64(end.Unix()), semconv.CredentialTypeCertificate.Attr())
	r.got.WantNothingElse()
}

const (
	scheduled = semconv.RotationTriggerScheduled
	expiry    = semconv.RotationTriggerExpiry
	manual    = semconv.RotationTriggerManual
	success   = semconv.ResultSuccess
	failed    = semconv.ResultError
)

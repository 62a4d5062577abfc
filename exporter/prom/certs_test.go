// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// files is a folder with a certificate for 127.0.0.1 (its own authority), its
// key, and whatever a test writes.
type files struct {
	t    *testing.T
	dir  string
	pool *x509.CertPool
	pair tls.Certificate
}

func newFiles(t *testing.T) files {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	f := files{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	f.write("cert.pem", string(certPEM), 0o644)
	f.write("key.pem", string(keyPEM), 0o600)
	f.write("open.pem", string(keyPEM), 0o644)
	f.pool.AppendCertsFromPEM(certPEM)
	if f.pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) write(name, text string, mode os.FileMode) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), mode); err != nil {
		f.t.Fatal(err)
	}
	// Whatever the umask is.
	if err := os.Chmod(f.path(name), mode); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

// web writes a web configuration.
func (f files) web(text string) string { return f.write("web.yml", text, 0o600) }

// client trusts the certificate, and shows it if asked to.
func (f files) client(show bool) *http.Client {
	c := &tls.Config{RootCAs: f.pool, MinVersion: tls.VersionTLS12}
	if show {
		c.Certificates = []tls.Certificate{f.pair}
	}
	transport := &http.Transport{TLSClientConfig: c}
	f.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

const tlsPart = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"

func usersPart(t *testing.T, user, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return "basic_auth_users:\n  " + user + ": " + string(hash) + "\n"
}

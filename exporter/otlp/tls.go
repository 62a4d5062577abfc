// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// tlsFiles makes the TLS configuration of each connection from what its files
// hold by then. Contents are compared rather than times of change: mounted
// secrets change by a swapped link.
type tlsFiles struct {
	ca, cert, key setting[string]
	report        *reporter

	mu      sync.Mutex
	held    [3][]byte // what current was made of
	current *tls.Config
}

func newTLSFiles(ca, cert, key setting[string], report *reporter) *tlsFiles {
	return &tlsFiles{ca: ca, cert: cert, key: key, report: report}
}

// config returns the configuration for a connection that is about to be made:
// the same pointer as long as the files are the same. While a file is broken,
// the last good ones stay in force.
func (f *tlsFiles) config() *tls.Config {
	f.report.report("tls", f.load())
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

// load reads the files, and replaces the configuration if they have changed
// and are good.
func (f *tlsFiles) load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cert.given() != f.key.given() {
		return f.halfPair()
	}
	var now [3][]byte
	var errs []error
	for i, s := range []setting[string]{f.ca, f.cert, f.key} {
		if !s.given() {
			continue
		}
		if strings.ContainsAny(s.value, "\r\n") || strings.Contains(s.value, "-----BEGIN") {
			// A common mistake, and with a key one that must not be repeated in a log.
			errs = append(errs, fmt.Errorf("%s: this is what a file holds, want the path of the file", s.from))
			continue
		}
		content, err := readFile(s.value)
		if err != nil {
			errs = append(errs, invalid(s.from, s.value, err.Error()))
		}
		now[i] = content
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if f.current != nil && slices.EqualFunc(now[:], f.held[:], bytes.Equal) {
		return nil
	}
	made, err := f.build(now)
	if err != nil {
		return err
	}
	f.current, f.held = made, now
	return nil
}

// readFile reads a file that is one: a device or a pipe could go on for ever.
func readFile(path string) ([]byte, error) {
	const longest = 1 << 20
	info, err := os.Stat(path) // before opening, which would wait for the writer of a pipe
	if err == nil && (!info.Mode().IsRegular() || info.Size() > longest) {
		return nil, errors.New("want a regular file of 1 MiB at most")
	}
	content, err := os.ReadFile(path)
	// Without the path, which the caller shows quoted.
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return nil, pathErr.Err
	}
	return content, err
}

func (f *tlsFiles) halfPair() error {
	if f.cert.given() {
		return invalid(f.cert.from, f.cert.value, "a client certificate needs its key")
	}
	return invalid(f.key.from, f.key.value, "a client key needs its certificate")
}

func (f *tlsFiles) build(content [3][]byte) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var errs []error
	if f.ca.given() {
		pool, err := parsePool(content[0])
		if err != nil {
			errs = append(errs, invalid(f.ca.from, f.ca.value, err.Error()))
		}
		c.RootCAs = pool
	}
	if f.cert.given() {
		pair, err := tls.X509KeyPair(content[1], content[2])
		if err != nil {
			errs = append(errs, fmt.Errorf("%w (key %s)", invalid(f.cert.from, f.cert.value, err.Error()), f.key.value))
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, errors.Join(errs...)
}

// parsePool is stricter than AppendCertsFromPEM, which skips what it cannot
// read: a file that was cut short must not pass for a good one.
func parsePool(content []byte) (*x509.CertPool, error) {
	pool, found := x509.NewCertPool(), 0
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		content = rest
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("want certificates in PEM, found %q", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		pool.AddCert(cert)
		found++
	}
	if found == 0 {
		return nil, errors.New("no certificate in PEM")
	}
	if bytes.Contains(content, []byte("-----BEGIN")) {
		return nil, errors.New("the last certificate is cut short")
	}
	return pool, nil
}

// SPDX-License-Identifier: Apache-2.0

package authcert

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
)

// files are where a pair is.
type files struct{ cert, key string }

// content is what the files hold, or why they cannot be read.
type content struct {
	cert, key []byte
	err       error
	sum       sum
}

// sum tells contents apart. It is kept between readings in place of the key.
type sum [sha256.Size]byte

func (f files) read() content {
	cert, err1 := readFile("certificate", f.cert)
	key, err2 := readFile("key", f.key)
	c := content{cert: cert, key: key, err: errors.Join(err1, err2)}
	h := sha256.New()
	fmt.Fprintln(h, len(cert), len(key), c.err)
	h.Write(cert)
	h.Write(key)
	h.Sum(c.sum[:0])
	return c
}

func readFile(what, path string) ([]byte, error) {
	if strings.ContainsAny(path, "\r\n") || strings.Contains(path, "-----BEGIN") {
		// A common mistake, and with a key one that must not be repeated in a log.
		return nil, fmt.Errorf("%s: this is what a file holds, want the path of the file", what)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return b, nil
}

// pair makes a pair of the content.
func (c content) pair() (*tls.Certificate, error) {
	if c.err != nil {
		return nil, c.err
	}
	if err := checkWhole(c.cert); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, err
	}
	if pair.Leaf == nil { // GODEBUG=x509keypairleaf=0
		pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	}
	return &pair, err
}

// checkWhole refuses a chain that is cut short, of which crypto/tls takes the
// part that it can read.
func checkWhole(chain []byte) error {
	for {
		block, rest := pem.Decode(chain)
		if block == nil {
			break
		}
		chain = rest
	}
	if bytes.Contains(chain, []byte("-----BEGIN")) {
		return errors.New("certificate: the last block is cut short")
	}
	return nil
}

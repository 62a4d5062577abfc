// SPDX-License-Identifier: Apache-2.0

package authcert

import (
	"crypto/tls"
	"errors"
)

var errNoCertificate = errors.New("authcert: there is no certificate yet")

// GetCertificate is for [tls.Config.GetCertificate], of a server. It allocates
// nothing. Before the first pair it returns an error.
func (r *Reloader) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if r == nil {
		return nil, errNoCertificate
	}
	if c := r.current.Load(); c != nil {
		return c, nil
	}
	return nil, errNoCertificate
}

// GetClientCertificate is for [tls.Config.GetClientCertificate], of a client. To
// a server that cannot accept the certificate it gives none, as crypto/tls does
// with one that does not change.
func (r *Reloader) GetClientCertificate(server *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c, err := r.GetCertificate(nil)
	if err == nil && server != nil && server.SupportsCertificate(c) != nil {
		return new(tls.Certificate), nil //nolint:nilerr // no certificate is an answer
	}
	return c, err
}

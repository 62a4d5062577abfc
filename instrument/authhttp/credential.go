// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/http"
	"strings"

	"github.com/datapunk/otelauth/instrument/internal/credential"
)

// Kind is the kind of credential that a request bears.
type Kind = credential.Kind

// The kinds, in the order in which they are looked for, save KindNone. A client
// certificate comes last, since the connection often has that of a gateway while
// the request has its caller's own credential.
const (
	KindNone        = credential.None        // no credential
	KindBasic       = credential.Basic       // Authorization: Basic
	KindBearer      = credential.Bearer      // Authorization: Bearer
	KindOther       = credential.Other       // Authorization with any other scheme
	KindAPIKey      = credential.APIKey      // a header of WithAPIKeyHeader
	KindCookie      = credential.Cookie      // a cookie of WithSessionCookie
	KindCertificate = credential.Certificate // a TLS client certificate
)

// Sniff returns the kind of credential that the request bears. It looks at which
// headers are there, at the scheme of Authorization, at the names of cookies and
// at whether the client showed a certificate; what they hold is not read, only
// that it is not empty. The options that matter are [WithAPIKeyHeader] and
// [WithSessionCookie].
func Sniff(r *http.Request, opts ...Option) Kind {
	c := newConfig(opts)
	return c.sniff(r)
}

func (c *config) sniff(r *http.Request) Kind {
	if r == nil {
		return KindNone
	}
	if k := authorization(r.Header); k != KindNone {
		return k
	}
	for _, name := range c.apiKeyHeaders {
		for _, v := range r.Header[name] {
			if v != "" {
				return KindAPIKey
			}
		}
	}
	for _, name := range c.cookies {
		if hasCookie(r.Header, name) {
			return KindCookie
		}
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return KindCertificate
	}
	return KindNone
}

// bears reports whether a request of this kind bears any credential.
func (c *config) bears(k Kind) bool { return k != KindNone || c.credential }

// authorization looks at every Authorization header: handlers differ in which they
// take.
func authorization(h http.Header) Kind {
	for _, v := range h["Authorization"] {
		if k := credential.OfAuthorization(v); k != KindNone {
			return k
		}
	}
	return KindNone
}

// hasCookie does what [http.Request.Cookie] does, without allocating for the
// cookies that nobody asked for.
func hasCookie(h http.Header, name string) bool {
	for _, line := range h["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			n, v, ok := strings.Cut(strings.Trim(pair, blanks), "=")
			if ok && strings.Trim(n, blanks) == name && v != "" && v != `""` {
				return true
			}
		}
	}
	return false
}

const blanks = " \t\r\n" // what net/http trims

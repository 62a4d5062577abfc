// SPDX-License-Identifier: Apache-2.0

// Package credential is what the middleware of HTTP, gRPC and Connect have in
// common: the kinds of credential that a request bears, and the handle that each is
// recorded on. Nobody here reads what a credential holds.
package credential

import (
	"strings"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Kind is the kind of credential that a request bears.
type Kind uint8

// The kinds, in the order in which they are looked for, save None. A client
// certificate comes last, since the connection often has that of a gateway while
// the request has its caller's own credential.
const (
	None        Kind = iota // no credential
	Basic                   // Authorization: Basic
	Bearer                  // Authorization: Bearer
	Other                   // Authorization with any other scheme
	APIKey                  // a header for API keys
	Cookie                  // a session cookie
	Certificate             // a TLS client certificate
	numKinds
)

var names = [numKinds]string{"none", "basic", "bearer", "other", "api_key", "cookie", "certificate"}

// String returns the kind in a word, "none" for one outside the enum.
func (k Kind) String() string {
	if k >= numKinds {
		k = None
	}
	return names[k]
}

// OfAuthorization returns the kind that a value of Authorization is of, by its
// scheme. A known scheme without a credential is none; what has no scheme, such as
// a bare key, is Other.
func OfAuthorization(v string) Kind {
	v = strings.Trim(v, " \t")
	scheme, rest := v, ""
	if i := strings.IndexAny(v, " \t"); i >= 0 {
		scheme, rest = v[:i], strings.TrimLeft(v[i:], " \t")
	}
	kind := Other
	switch {
	case v == "":
		return None
	case strings.EqualFold(scheme, "Basic"):
		kind = Basic
	case strings.EqualFold(scheme, "Bearer"):
		kind = Bearer
	}
	if rest == "" && kind != Other {
		return None
	}
	return kind
}

// Handles says what bearer tokens, which nobody opens here, are recorded as. The
// zero Handles takes them for a method outside the enum.
type Handles struct {
	method  semconv.Method
	token   semconv.TokenType
	isToken bool // token rules, not method
}

// ByMethod records a bearer token as an attempt by the method.
func ByMethod(m semconv.Method) Handles { return Handles{method: m} }

// ByToken records a bearer token as a verification of a token of the type.
func ByToken(t semconv.TokenType) Handles { return Handles{token: t, isToken: true} }

// Of returns the handle that a credential of this kind is recorded on. With inBody
// there is one in the body or the message although no header bears one.
func (h Handles) Of(svc *instrument.Service, k Kind, inBody bool) *instrument.Attempts {
	m := semconv.MethodOther
	switch {
	case k == Bearer && h.isToken:
		return svc.TokenVerification(h.token)
	case k == Bearer:
		m = h.method
	case k == Basic, k == None && inBody:
		m = semconv.MethodPassword
	case k == None:
		m = semconv.MethodNone
	case k == APIKey:
		m = semconv.MethodAPIKey
	case k == Cookie:
		m = semconv.MethodSession
	case k == Certificate:
		m = semconv.MethodMTLS
	}
	return svc.Authentication(m)
}

// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/http"
	"net/netip"
	"slices"

	"github.com/datapunk/otelauth/instrument/internal/credential"
	"github.com/datapunk/otelauth/semconv"
)

// DefaultAPIKeyHeader is the header that [Sniff] takes for an API key unless
// [WithAPIKeyHeader] names others.
const DefaultAPIKeyHeader = "X-Api-Key" //nolint:gosec // G101: a name, no key

// Option configures a middleware.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	filters       []func(*http.Request) bool
	apiKeyHeaders []string // canonical
	cookies       []string
	credential    bool
	bearer        credential.Handles
	proxies       proxies
}

func newConfig(opts []Option) config {
	c := config{bearer: credential.ByMethod(semconv.MethodOpaqueToken)}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.apiKeyHeaders == nil {
		c.apiKeyHeaders = []string{DefaultAPIKeyHeader}
	}
	return c
}

// proxies are those that are believed when they say who called them.
type proxies struct {
	header  ProxyHeader
	trusted []netip.Prefix
}

// WithTrustedProxies declares the proxies in front of the service and the header in
// which they say who called them, as in [ClientIP]. The address reaches observers
// alone (see [instrument.WithObserver]). Default: no header is read, and the source
// of a request is the address of its connection.
func WithTrustedProxies(header ProxyHeader, prefixes ...netip.Prefix) Option {
	return optionFunc(func(c config) config {
		c.proxies = proxies{header, slices.Clone(prefixes)}
		return c
	})
}

// WithFilter records only the requests for which accept returns true; the others
// pass as if there were no middleware. It may be given several times: then all
// must accept. accept is called concurrently, before the handler; if it panics, the
// request is recorded. A nil accept is ignored. Default: every request is recorded.
func WithFilter(accept func(*http.Request) bool) Option {
	return optionFunc(func(c config) config {
		if accept != nil {
			c.filters = append(slices.Clip(c.filters), accept)
		}
		return c
	})
}

// WithAPIKeyHeader names the headers that carry an API key, in place of
// [DefaultAPIKeyHeader]. Case does not matter; without names no header counts.
func WithAPIKeyHeader(names ...string) Option {
	return optionFunc(func(c config) config {
		c.apiKeyHeaders = make([]string, 0, len(names))
		for _, n := range names {
			c.apiKeyHeaders = append(c.apiKeyHeaders, http.CanonicalHeaderKey(n))
		}
		return c
	})
}

// WithSessionCookie names the cookies that carry a session. Case matters.
// Default: none, since most cookies are no credential.
func WithSessionCookie(names ...string) Option {
	return optionFunc(func(c config) config {
		c.cookies = slices.Clone(names)
		return c
	})
}

// WithCredential says that every request bears a credential, wherever it is: in a
// login form, the query or a header that nobody looks at here. A 401 is then a
// failure although none was seen. [NewServiceMiddleware] records such a request as
// method password.
func WithCredential() Option {
	return optionFunc(func(c config) config {
		c.credential = true
		return c
	})
}

// WithBearerMethod sets the method that [NewServiceMiddleware] records for a
// bearer token, which it does not open: [semconv.MethodJWT] where tokens are
// JWTs. Default: [semconv.MethodOpaqueToken].
func WithBearerMethod(m semconv.Method) Option {
	return optionFunc(func(c config) config {
		c.bearer = credential.ByMethod(m)
		return c
	})
}

// WithBearerToken makes [NewServiceMiddleware] record a bearer token as a
// verification of a token of this type, in place of an authentication. The last
// of this and [WithBearerMethod] rules.
func WithBearerToken(t semconv.TokenType) Option {
	return optionFunc(func(c config) config {
		c.bearer = credential.ByToken(t)
		return c
	})
}

// records reports whether the filters accept the request.
func (c *config) records(r *http.Request) (yes bool) {
	if len(c.filters) == 0 {
		return true
	}
	defer func() {
		if recover() != nil { // the filters are not our code, and must not fail a login
			yes = true
		}
	}()
	for _, accept := range c.filters {
		if !accept(r) {
			return false
		}
	}
	return true
}

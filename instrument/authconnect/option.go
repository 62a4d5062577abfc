// SPDX-License-Identifier: Apache-2.0

package authconnect

import (
	"context"
	"net/http"
	"slices"

	"connectrpc.com/connect"

	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/instrument/internal/credential"
	"github.com/datapunk/otelauth/semconv"
)

// Option configures an interceptor.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	filters    []func(context.Context, connect.Spec) bool
	headers    []authhttp.Option // where credentials are looked for
	credential bool
	bearer     credential.Handles
}

func newConfig(opts []Option) config {
	c := config{bearer: credential.ByMethod(semconv.MethodOpaqueToken)}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	return c
}

// WithFilter records only the RPCs for which accept returns true; the others pass
// as if there were no interceptor. It may be given several times: then all must
// accept. accept is called concurrently, before the handler or the call. A nil
// accept is ignored. Default: every RPC is recorded.
func WithFilter(accept func(context.Context, connect.Spec) bool) Option {
	return optionFunc(func(c config) config {
		if accept != nil {
			c.filters = append(slices.Clip(c.filters), accept)
		}
		return c
	})
}

// WithAPIKeyHeader names the headers that carry an API key, in place of
// [authhttp.DefaultAPIKeyHeader]. Case does not matter; without names no header
// counts. Handlers only.
func WithAPIKeyHeader(names ...string) Option {
	return withHeaders(authhttp.WithAPIKeyHeader(names...))
}

// WithSessionCookie names the cookies that carry a session. Case matters. Default:
// none, since most cookies are no credential. Handlers only.
func WithSessionCookie(names ...string) Option {
	return withHeaders(authhttp.WithSessionCookie(names...))
}

func withHeaders(o authhttp.Option) Option {
	return optionFunc(func(c config) config {
		c.headers = append(slices.Clip(c.headers), o)
		return c
	})
}

// WithCredential says that every RPC bears a credential, wherever it is: in a message, a header or a
// connection that nobody looks at here. Unauthenticated is then a
// failure although none was seen. [NewServiceInterceptor] records such an RPC as
// method password. Handlers only.
func WithCredential() Option {
	return optionFunc(func(c config) config {
		c.credential = true
		return c
	})
}

// WithBearerMethod sets the method that [NewServiceInterceptor] records for a bearer
// token, which it does not open: [semconv.MethodJWT] where tokens are JWTs. Default:
// [semconv.MethodOpaqueToken].
func WithBearerMethod(m semconv.Method) Option {
	return optionFunc(func(c config) config {
		c.bearer = credential.ByMethod(m)
		return c
	})
}

// WithBearerToken makes [NewServiceInterceptor] record a bearer token as a
// verification of a token of this type, in place of an authentication. The last of
// this and [WithBearerMethod] rules.
func WithBearerToken(t semconv.TokenType) Option {
	return optionFunc(func(c config) config {
		c.bearer = credential.ByToken(t)
		return c
	})
}

// records reports whether the filters accept the RPC.
func (c *config) records(ctx context.Context, spec connect.Spec) bool {
	for _, accept := range c.filters {
		if !accept(ctx, spec) {
			return false
		}
	}
	return true
}

// sniff returns the kind of credential that the header bears.
func (c *config) sniff(header http.Header) authhttp.Kind {
	return authhttp.Sniff(&http.Request{Header: header}, c.headers...)
}

// bears reports whether an RPC of this kind bears any credential.
func (c *config) bears(k authhttp.Kind) bool { return c.credential || k != authhttp.KindNone }

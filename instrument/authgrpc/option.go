// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"
	"slices"
	"strings"

	"github.com/datapunk/otelauth/instrument/internal/credential"
	"github.com/datapunk/otelauth/semconv"
)

// DefaultAPIKeyMetadata is the key of the metadata that is taken for an API key
// unless [WithAPIKeyMetadata] names others.
const DefaultAPIKeyMetadata = "x-api-key"

// Option configures an interceptor.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	filters    []func(context.Context, string) bool
	apiKeys    []string // lower case
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
	if c.apiKeys == nil {
		c.apiKeys = []string{DefaultAPIKeyMetadata}
	}
	return c
}

// WithFilter records only the RPCs for which accept returns true; the others pass
// as if there were no interceptor. fullMethod is "/package.service/method". It may
// be given several times: then all must accept. accept is called concurrently,
// before the handler or the call. A nil accept is ignored. Default: every RPC is
// recorded, health checks and reflection too.
func WithFilter(accept func(ctx context.Context, fullMethod string) bool) Option {
	return optionFunc(func(c config) config {
		if accept != nil {
			c.filters = append(slices.Clip(c.filters), accept)
		}
		return c
	})
}

// WithAPIKeyMetadata names the keys of the metadata that carry an API key, in place
// of [DefaultAPIKeyMetadata]. Case does not matter; without names no key counts.
// Servers only.
func WithAPIKeyMetadata(keys ...string) Option {
	return optionFunc(func(c config) config {
		c.apiKeys = make([]string, 0, len(keys))
		for _, k := range keys {
			c.apiKeys = append(c.apiKeys, strings.ToLower(k))
		}
		return c
	})
}

// WithCredential says that every RPC bears a credential, wherever it is: in a message, a key of the
// metadata or a connection that nobody looks at here. Unauthenticated is then a
// failure although none was seen. [NewServiceInterceptor] records such an RPC as
// method password. Servers only.
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
func (c *config) records(ctx context.Context, fullMethod string) bool {
	for _, accept := range c.filters {
		if !accept(ctx, fullMethod) {
			return false
		}
	}
	return true
}

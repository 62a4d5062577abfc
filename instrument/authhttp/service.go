// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/http"

	"github.com/datapunk/otelauth/instrument"
)

// NewServiceMiddleware is [NewMiddleware] for a server that takes credentials of
// several kinds. Each request is recorded on the handle of the kind that it
// bears (see [Sniff]): Basic as method password, a bearer token as
// [WithBearerMethod] or [WithBearerToken] says, an API key as api_key, a session
// cookie as session, a client certificate as mtls, another scheme as _OTHER. A
// request that bears none is recorded with method none, and with result none
// where it would have been a success: use [WithFilter] to leave public pages
// out. A handle is bound at the first request of its kind.
//
// A nil Service makes a middleware that returns its handler unchanged.
func NewServiceMiddleware(svc *instrument.Service, opts ...Option) func(http.Handler) http.Handler {
	c := newConfig(opts)
	return c.middleware(svc != nil, func(r *http.Request) (instrument.Handle, bearing) {
		kind := c.sniff(r)
		bears := c.bears(kind)
		return c.bearer.Of(svc, kind, bears), bearing{bears, true}
	})
}

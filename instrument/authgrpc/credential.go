// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// kind is the kind of credential that an RPC bears.
type kind uint8

// The kinds, in the order in which they are looked for, save kindNone.
const (
	kindNone kind = iota
	kindBasic
	kindBearer
	kindOther
	kindAPIKey
	kindCertificate
)

// sniff returns the kind of credential that the RPC bears. It looks at which keys
// the metadata has, at the scheme of authorization and at whether the client showed
// a certificate; what they hold is not read, only that it is not empty.
func (c *config) sniff(ctx context.Context) kind {
	if vs := metadata.ValueFromIncomingContext(ctx, "authorization"); len(vs) > 0 {
		if k := scheme(vs[0]); k != kindNone {
			return k
		}
	}
	for _, key := range c.apiKeys {
		for _, v := range metadata.ValueFromIncomingContext(ctx, key) {
			if v != "" {
				return kindAPIKey
			}
		}
	}
	if p, ok := peer.FromContext(ctx); ok {
		if tls, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(tls.State.PeerCertificates) > 0 {
			return kindCertificate
		}
	}
	return kindNone
}

// bears reports whether the RPC bears any credential.
func (c *config) bears(ctx context.Context) bool {
	return c.message || c.sniff(ctx) != kindNone
}

// scheme reads a value of authorization as package authhttp does.
func scheme(v string) kind {
	scheme, rest, _ := strings.Cut(strings.TrimLeft(v, " \t"), " ")
	switch {
	case strings.Trim(rest, " \t") == "":
		return kindNone // a scheme without a credential
	case strings.EqualFold(scheme, "Basic"):
		return kindBasic
	case strings.EqualFold(scheme, "Bearer"):
		return kindBearer
	}
	return kindOther
}

// pick returns the handle that a credential of this kind is recorded on.
func (c *config) pick(svc *instrument.Service, k kind) *instrument.Attempts {
	m := semconv.MethodOther
	switch {
	case k == kindBearer && c.bearerIsToken:
		return svc.TokenVerification(c.bearerToken)
	case k == kindBearer:
		m = c.bearerMethod
	case k == kindBasic, k == kindNone && c.message:
		m = semconv.MethodPassword
	case k == kindNone:
		m = semconv.MethodNone
	case k == kindAPIKey:
		m = semconv.MethodAPIKey
	case k == kindCertificate:
		m = semconv.MethodMTLS
	}
	return svc.Authentication(m)
}

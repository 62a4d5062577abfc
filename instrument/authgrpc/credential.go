// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/datapunk/otelauth/instrument/internal/credential"
)

// sniff returns the kind of credential that the RPC bears. It looks at which keys
// the metadata has, at the scheme of authorization and at whether the client showed
// a certificate; what they hold is not read, only that it is not empty.
func (c *config) sniff(ctx context.Context) credential.Kind {
	for _, v := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		if k := credential.OfAuthorization(v); k != credential.None {
			return k
		}
	}
	for _, key := range c.apiKeys {
		for _, v := range metadata.ValueFromIncomingContext(ctx, key) {
			if v != "" {
				return credential.APIKey
			}
		}
	}
	if p, ok := peer.FromContext(ctx); ok {
		if tls, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(tls.State.PeerCertificates) > 0 {
			return credential.Certificate
		}
	}
	return credential.None
}

// bears reports whether the RPC bears any credential.
func (c *config) bears(ctx context.Context) bool {
	return c.credential || c.sniff(ctx) != credential.None
}

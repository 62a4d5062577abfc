// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

func TestService(t *testing.T) {
	with := func(kv ...string) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context { return incoming(ctx, kv...) }
	}
	certificate := func(ctx context.Context) context.Context {
		return peer.NewContext(ctx, &peer.Peer{AuthInfo: credentials.TLSInfo{
			State: tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}}})
	}
	tls := func(ctx context.Context) context.Context {
		return peer.NewContext(ctx, &peer.Peer{AuthInfo: credentials.TLSInfo{}})
	}
	none := instrument.ErrNoCredential
	for name, tt := range map[string]struct {
		bear func(context.Context) context.Context
		opts []authgrpc.Option
		code codes.Code
		want func(*instrumenttest.Got)
	}{
		"basic":           {with("authorization", "Basic eA=="), nil, 0, attempt(semconv.MethodPassword, nil)},
		"bearer":          {with("authorization", "Bearer x"), nil, 0, attempt(semconv.MethodOpaqueToken, nil)},
		"any case":        {with("Authorization", "bEARER x"), nil, 0, attempt(semconv.MethodOpaqueToken, nil)},
		"bearer, jwt":     {with("authorization", "Bearer x"), []authgrpc.Option{authgrpc.WithBearerMethod(semconv.MethodJWT)}, 16, attempt(semconv.MethodJWT, invalid)},
		"bearer, token":   {with("authorization", "Bearer x"), []authgrpc.Option{authgrpc.WithBearerToken(semconv.TokenTypeAccess)}, 16, verification(invalid)},
		"the last rules":  {with("authorization", "Bearer x"), []authgrpc.Option{authgrpc.WithBearerToken(semconv.TokenTypeAccess), authgrpc.WithBearerMethod(semconv.MethodJWT)}, 0, attempt(semconv.MethodJWT, nil)},
		"another scheme":  {with("authorization", "Digest x"), nil, 0, attempt(semconv.MethodOther, nil)},
		"scheme alone":    {with("authorization", "Bearer "), nil, 0, attempt(semconv.MethodNone, none)},
		"api key":         {with("x-api-key", "k"), nil, 7, attempt(semconv.MethodAPIKey, denied)},
		"empty api key":   {with("x-api-key", ""), nil, 0, attempt(semconv.MethodNone, none)},
		"own api key":     {with("x-shop-key", "k"), []authgrpc.Option{authgrpc.WithAPIKeyMetadata("x-other", "X-Shop-KEY")}, 0, attempt(semconv.MethodAPIKey, nil)},
		"not the default": {with("x-api-key", "k"), []authgrpc.Option{authgrpc.WithAPIKeyMetadata()}, 0, attempt(semconv.MethodNone, none)},
		"bearer and key":  {with("authorization", "Bearer x", "x-api-key", "k"), nil, 0, attempt(semconv.MethodOpaqueToken, nil)},
		"certificate":     {certificate, nil, 16, attempt(semconv.MethodMTLS, invalid)},
		"certificate and bearer": {func(ctx context.Context) context.Context {
			return certificate(with("authorization", "Bearer x")(ctx))
		}, nil, 0, attempt(semconv.MethodOpaqueToken, nil)},
		"TLS alone":       {tls, nil, 0, attempt(semconv.MethodNone, none)},
		"none":            {with(), nil, 0, attempt(semconv.MethodNone, none)},
		"no metadata":     {func(ctx context.Context) context.Context { return ctx }, nil, 0, attempt(semconv.MethodNone, none)},
		"none, refused":   {with(), nil, 16, attempt(semconv.MethodNone, none)},
		"none, not found": {with(), nil, 5, attempt(semconv.MethodNone, none)},
		"none, internal":  {with(), nil, 13, attempt(semconv.MethodNone, internal)},
		"in the message":  {with(), []authgrpc.Option{authgrpc.WithCredential()}, 0, attempt(semconv.MethodPassword, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			i := authgrpc.NewServiceInterceptor(rec.Service("api"), tt.opts...)
			both(t, i, tt.bear(t.Context()), func(context.Context) error { return status.Error(tt.code, "") })
			tt.want(got)
			got.WantNothingElse()
		})
	}
}

func attempt(m semconv.Method, outcome error) func(*instrumenttest.Got) {
	return func(got *instrumenttest.Got) {
		got.WantAttempts(2, m, outcome)
		if m == semconv.MethodOther {
			got.Want(collapsed, 2, semconv.SDKAttributeMethod.Attr())
		}
	}
}

func verification(outcome error) func(*instrumenttest.Got) {
	return func(got *instrumenttest.Got) { got.WantTokenVerifications(2, semconv.TokenTypeAccess, outcome) }
}

// What the handler makes of the context does not reach the metadata that is looked at.
func TestCredentialRemovedInside(t *testing.T) {
	rec, got := instrumenttest.New(t)
	i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
	both(t, i, incoming(t.Context(), "authorization", "Basic eA=="), func(ctx context.Context) error {
		md, _ := metadata.FromIncomingContext(ctx)
		md.Delete("authorization")
		return status.Error(codes.Unauthenticated, "")
	})
	got.WantAttempts(2, semconv.MethodPassword, invalid)
	got.WantNothingElse()
}

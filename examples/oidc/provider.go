// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// provider is the OpenID provider: zitadel's, with its example of a storage around which everything is
// recorded. The storage is where it asks for a decision, so that an error there has its exact reason;
// what the provider answers is less telling, as a wrong password is a 200 with the form again.
type provider struct {
	rotating
	users     users
	passwords *instrument.Attempts
	secrets   *instrument.Attempts
	lifetime  atomic.Int64 // of the next access tokens, in nanoseconds
}

var (
	_ exampleop.Storage           = (*provider)(nil)
	_ op.ClientCredentialsStorage = (*provider)(nil)
)

func newProvider(ctx context.Context, svc *instrument.Service, u users, clients ...*storage.Client) (*provider, error) {
	byID := map[string]*storage.Client{}
	for _, c := range clients {
		byID[c.GetID()] = c
	}
	p := &provider{
		rotating: rotating{
			Storage:   storage.NewStorageWithClients(u, byID),
			rotations: svc.Credential(semconv.CredentialTypeSigningKey),
		},
		users:     u,
		passwords: svc.Authentication(semconv.MethodPassword),
		secrets:   svc.Authentication(semconv.MethodClientSecret),
	}
	p.lifetime.Store(int64(5 * time.Minute))
	return p, p.rotate(ctx, semconv.RotationTriggerManual)
}

func (p *provider) handler(issuer string) http.Handler {
	return exampleop.SetupServer(issuer, p, slog.New(slog.DiscardHandler), false)
}

// CheckUsernamePassword is what the login form asks. It has no context to give.
func (p *provider) CheckUsernamePassword(username, password, id string) (err error) {
	ctx := context.Background()
	defer p.passwords.Start().Done(ctx, &err)

	if _, err := p.AuthRequestByID(ctx, id); err != nil {
		return instrument.WithReason(err, semconv.ReasonExpired) // the form lay open for too long
	}
	err = p.Storage.CheckUsernamePassword(username, password, id)
	if p.users.GetUserByUsername(username) == nil {
		return instrument.WithReason(err, semconv.ReasonUnknownPrincipal)
	}
	return instrument.WithReason(err, semconv.ReasonInvalidCredentials)
}

// AuthorizeClientIDSecret is asked whenever a client wants to exchange, refresh or revoke something.
func (p *provider) AuthorizeClientIDSecret(ctx context.Context, id, secret string) (err error) {
	defer p.secrets.Start().Done(ctx, &err)

	if _, err := p.GetClientByClientID(ctx, id); err != nil {
		return instrument.WithReason(err, semconv.ReasonUnknownPrincipal)
	}
	err = p.Storage.AuthorizeClientIDSecret(ctx, id, secret)
	return instrument.WithReason(err, semconv.ReasonInvalidCredentials)
}

// ClientCredentials is asked when a client wants a token for itself.
func (p *provider) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := p.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return p.GetClientByClientID(ctx, id)
}

// ClientCredentialsTokenRequest says for whom such a token is: for the client, as all tokens here are.
func (p *provider) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{id}, Scopes: scopes}, nil
}

// GetClientByClientID finds a client.
func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return jwtClient{c}, nil
}

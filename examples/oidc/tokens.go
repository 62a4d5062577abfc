// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// CreateAccessToken and CreateAccessAndRefreshTokens give access tokens the lifetime of the moment.
func (p *provider) CreateAccessToken(ctx context.Context, r op.TokenRequest) (id string, _ time.Time, err error) {
	id, _, err = p.Storage.CreateAccessToken(ctx, r)
	return id, p.expiry(), err
}

// CreateAccessAndRefreshTokens is CreateAccessToken for who may refresh.
func (p *provider) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (id, refresh string, _ time.Time, err error) {
	id, refresh, _, err = p.Storage.CreateAccessAndRefreshTokens(ctx, r, current)
	return id, refresh, p.expiry(), err
}

func (p *provider) expiry() time.Time { return time.Now().Add(time.Duration(p.lifetime.Load())) }

// GetPrivateClaimsFromScopes writes the scope into access tokens, which tells them from ID tokens.
func (p *provider) GetPrivateClaimsFromScopes(_ context.Context, _, _ string, scopes []string) (map[string]any, error) {
	return map[string]any{"scope": strings.Join(scopes, " ")}, nil
}

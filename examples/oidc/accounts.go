// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// jwtClient is a client of the example storage that gets access tokens which an API can verify by itself.
type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (jwtClient) IsScopeAllowed(scope string) bool    { return scope == scopeOrders }
func (jwtClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeClientCredentials}
}

// users are the accounts, by name.
type users map[string]*storage.User

// GetUserByUsername returns nil for nobody.
func (u users) GetUserByUsername(name string) *storage.User { return u[name] }

// GetUserByID returns nil for nobody.
func (u users) GetUserByID(id string) *storage.User {
	for _, user := range u {
		if user.ID == id {
			return user
		}
	}
	return nil
}

// ExampleClientID is for a part of the example storage that is not used here.
func (users) ExampleClientID() string { return "" }

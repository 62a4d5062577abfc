// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// newClient returns a client that does not wait for ever: a provider that does not answer is the error timeout.
func newClient(base http.RoundTripper) *http.Client {
	return &http.Client{Transport: base, Timeout: 5 * time.Second}
}

// fetching returns a client whose requests are counted as an operation on tokens.
func fetching(base http.RoundTripper, tokens *instrument.TokenOperations, op semconv.TokenOperation) *http.Client {
	return newClient(authhttp.NewTransport(base, authhttp.TokenFetch(tokens, op, nil)))
}

// machine is a program that gets tokens for itself, with no user in sight.
type machine struct {
	oauth clientcredentials.Config
	issue *http.Client
}

func newMachine(svc *instrument.Service, base http.RoundTripper, tokenURL, id, secret string, scopes ...string) *machine {
	return &machine{
		oauth: clientcredentials.Config{
			ClientID:     id,
			ClientSecret: secret,
			TokenURL:     tokenURL,
			Scopes:       scopes,
			AuthStyle:    oauth2.AuthStyleInHeader,
		},
		issue: fetching(base, svc.TokenOperations(semconv.TokenTypeAccess), semconv.TokenOperationIssue),
	}
}

// token returns a new access token.
func (m *machine) token(ctx context.Context) (string, error) {
	t, err := m.oauth.Token(oidc.ClientContext(ctx, m.issue))
	if err != nil {
		return "", err
	}
	return t.AccessToken, nil
}

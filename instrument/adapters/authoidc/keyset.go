// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// KeySet is an [oidc.RemoteKeySet] whose fetches are recorded and whose errors say
// what they mean: bad_signature, unknown_key, or that the provider is in trouble.
// Make it with [NewRemoteKeySet]. It is safe for concurrent use.
type KeySet struct {
	remote *oidc.RemoteKeySet
	keys   atomic.Pointer[keyIDs] // those that remote has; nil before the first, or when they are too many to look at
}

// NewRemoteKeySet does what [oidc.NewRemoteKeySet] does, with the client of
// [oidc.ClientContext], and records each fetch on handle, which may be nil. A fetch
// that fails, an answer other than 2xx, a body that breaks off and a body without a
// single key that go-oidc can use are errors, by which the time of the last good
// fetch tells how old the keys are.
//
// go-oidc fetches when a signature does not match any key that it has, so that
// forged tokens are seen here as well.
func NewRemoteKeySet(ctx context.Context, jwksURL string, handle *instrument.KeySet) *KeySet {
	k := new(KeySet)
	client := http.Client{}
	if c, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok && c != nil {
		client = *c
	}
	client.Transport = authhttp.NewTransport(client.Transport, authhttp.KeySetFetch(handle, nil).CheckBody(k.learn))
	k.remote = oidc.NewRemoteKeySet(oidc.ClientContext(ctx, &client), jwksURL)
	return k
}

// learn reads a key set as go-oidc is about to. What go-oidc refuses as a whole
// leaves it with the keys that it had.
func (k *KeySet) learn(body []byte) error {
	ids, err := readKeyIDs(body)
	if err != nil {
		return err
	}
	k.keys.Store(&ids)
	if len(ids) == 0 {
		return errNoKeys
	}
	return nil
}

// VerifySignature implements [oidc.KeySet].
func (k *KeySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	if err == nil {
		return payload, nil
	}
	jws, malformed := jose.ParseSigned(jwt, signatureAlgorithms) //nolint:staticcheck // go-oidc reads tokens with it
	ids := k.keys.Load()
	switch {
	case malformed != nil, len(jws.Signatures) != 1:
		return nil, instrument.WithReason(err, semconv.ReasonMalformed)
	case notFetched(err), ids != nil && len(*ids) == 0:
		return nil, unavailable(err)
	case ids == nil, ids.has(jws.Signatures[0].Header.KeyID):
		return nil, instrument.WithReason(err, semconv.ReasonBadSignature)
	}
	return nil, instrument.WithReason(err, semconv.ReasonUnknownKey)
}

// notFetched tells the two errors of a RemoteKeySet apart: that no key matches is
// an error of its own, and that no keys could be had wraps why.
func notFetched(err error) bool {
	switch err.(type) { //nolint:errorlint // it is the outermost error that is asked
	case interface{ Unwrap() error }, interface{ Unwrap() []error }:
		return true
	}
	return false
}

// unavailable says of the error of a key set that could not be had what the network
// says of it, a time-out say, and where that says nothing, as when the provider
// answers 503, that it does not serve now.
func unavailable(err error) error {
	return &meaning{err, instrument.ErrorOf(err, semconv.ErrorTypeUnavailable)}
}

// SPDX-License-Identifier: Apache-2.0

package main

// Signed tokens, and the keys that sign them.

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

type signingKey struct {
	id      string
	private ed25519.PrivateKey
	until   time.Time
}

func newSigningKey(until time.Time) (signingKey, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return signingKey{}, err
	}
	return signingKey{base64.RawURLEncoding.EncodeToString(public[:6]), private, until}, nil
}

func (k signingKey) public() ed25519.PublicKey {
	return ed25519.PublicKey(k.private[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}

// keyring has the keys whose tokens are accepted, the newest last. That one is published at once but
// signs only when the next one comes, so that everybody has had the time to fetch it.
type keyring struct {
	mu   sync.Mutex
	keys []signingKey
}

func (r *keyring) add(k signingKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = slices.DeleteFunc(r.keys, func(k signingKey) bool { return time.Now().After(k.until) })
	r.keys = append(r.keys, k)
}

// current returns the key that signs. There must be one.
func (r *keyring) current() signingKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[max(0, len(r.keys)-2)]
}

func (r *keyring) public() map[string]ed25519.PublicKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	public := make(map[string]ed25519.PublicKey, len(r.keys))
	for _, k := range r.keys {
		public[k.id] = k.public()
	}
	return public
}

func fetchKeys(ctx context.Context, from string) (map[string]ed25519.PublicKey, error) {
	body, err := get(ctx, from)
	if err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PublicKey{}
	if err := json.Unmarshal(body, &keys); err != nil {
		return nil, err
	}
	for id, k := range keys {
		if len(k) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("key %q has %d bytes", id, len(k))
		}
	}
	return keys, nil
}

// header and claims are the two parts of a token that its signature covers.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
}

type claims struct {
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// token returns a signed token that is valid for the given time from now on.
func (k signingKey) token(subject, audience string, life time.Duration) (string, error) {
	now := time.Now()
	h, err := json.Marshal(header{"EdDSA", k.id})
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims{subject, audience, now.Unix(), now.Add(life).Unix()})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	signature := ed25519.Sign(k.private, []byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// parsed is a token taken apart. Nothing in it is to be believed before the signature is checked.
type parsed struct {
	header
	claims
	signed, signature []byte
}

func parse(token string) (p parsed, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return p, false
	}
	for i, into := range []any{&p.header, &p.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return p, false
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	p.signed, p.signature = []byte(parts[0]+"."+parts[1]), signature
	return p, err == nil
}

// SPDX-License-Identifier: Apache-2.0

package authwebauthn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	party  = "web.example"
	origin = "https://web.example"
)

// server is a relying party.
func server(t testing.TB, change func(*webauthn.Config)) *webauthn.WebAuthn {
	t.Helper()
	config := &webauthn.Config{RPID: party, RPDisplayName: "Web", RPOrigins: []string{origin}}
	if change != nil {
		change(config)
	}
	web, err := webauthn.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return web
}

// user is one with some credentials.
type user []webauthn.Credential

func (user) WebAuthnID() []byte                           { return []byte("alice") }
func (user) WebAuthnName() string                         { return "alice" }
func (user) WebAuthnDisplayName() string                  { return "Alice" }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u }

// authenticator is a security key in software. It does as it should, save for what is
// set beside its key.
type authenticator struct {
	t   testing.TB
	key *ecdsa.PrivateKey
	id  string

	algorithm int64  // 0: ES256
	party     string // "": the right one
	origin    string
	authData  []byte // in place of what belongs there
	handle    []byte
}

func newAuthenticator(t testing.TB) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, key: key, id: "credential"}
}

// with returns a copy with something changed.
func (a authenticator) with(change func(*authenticator)) *authenticator {
	change(&a)
	return &a
}

func (a *authenticator) cbor(v any) []byte {
	a.t.Helper()
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// public is the public key as COSE has it.
func (a *authenticator) public() []byte {
	a.t.Helper()
	algorithm := a.algorithm
	if algorithm == 0 {
		algorithm = -7
	}
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	return a.cbor(map[int]any{1: 2, 3: algorithm, -1: 1, -2: point[1:33], -3: point[33:]})
}

func (a *authenticator) credential() webauthn.Credential {
	return webauthn.Credential{ID: []byte(a.id), PublicKey: a.public()}
}

func (a *authenticator) data(attested bool) []byte {
	if a.authData != nil {
		return a.authData
	}
	id := party
	if a.party != "" {
		id = a.party
	}
	hash := sha256.Sum256([]byte(id))
	flags := byte(protocol.FlagUserPresent | protocol.FlagUserVerified)
	if attested {
		flags |= byte(protocol.FlagAttestedCredentialData)
	}
	data := append(append(hash[:], flags), 0, 0, 0, 1)
	if attested {
		data = append(data, make([]byte, 16)...) // of no model
		data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
		data = append(append(data, a.id...), a.public()...)
	}
	return data
}

func (a *authenticator) clientData(kind protocol.CeremonyType, challenge string) []byte {
	from := origin
	if a.origin != "" {
		from = a.origin
	}
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": from})
}

func (a *authenticator) json(v any) []byte {
	a.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) sign(data, client []byte) []byte {
	a.t.Helper()
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return sig
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// assert answers a login.
func (a *authenticator) assert(session *webauthn.SessionData) []byte {
	data, client := a.data(false), a.clientData(protocol.AssertCeremony, session.Challenge)
	response := map[string]any{"authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(a.sign(data, client))}
	if a.handle != nil {
		response["userHandle"] = b64(a.handle)
	}
	return a.json(map[string]any{"id": b64([]byte(a.id)), "rawId": b64([]byte(a.id)), "type": "public-key", "response": response})
}

// attest answers a registration with a statement in some format.
func (a *authenticator) attest(session *webauthn.SessionData, format string, statement func(data, client []byte) map[string]any) []byte {
	data, client := a.data(true), a.clientData(protocol.CreateCeremony, session.Challenge)
	object := a.cbor(map[string]any{"fmt": format, "authData": data, "attStmt": statement(data, client)})
	return a.json(map[string]any{"id": b64([]byte(a.id)), "rawId": b64([]byte(a.id)), "type": "public-key",
		"response": map[string]any{"attestationObject": b64(object), "clientDataJSON": b64(client)}})
}

// certificate is one for the key that no authenticator would have.
func (a *authenticator) certificate() []byte {
	a.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

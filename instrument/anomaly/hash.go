// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Key stands for a source, a subject or a session: a keyed hash, from which nobody
// without the key learns the name. The zero Key is none.
type Key uint64

// String returns 16 hexadecimal digits, or nothing for no key.
func (k Key) String() string {
	if k == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", uint64(k))
}

// hasher is SipHash-1-3 under a secret key: who sees its keys learns nothing of what
// they were made from.
type hasher struct{ k0, k1 uint64 }

func newHasher(key []byte) hasher {
	return hasher{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
}

func randomKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

// sip is the state of one hash.
type sip struct{ a, b, c, d uint64 }

func (s *sip) round() {
	s.a += s.b
	s.b = bits.RotateLeft64(s.b, 13) ^ s.a
	s.a = bits.RotateLeft64(s.a, 32)
	s.c += s.d
	s.d = bits.RotateLeft64(s.d, 16) ^ s.c
	s.a += s.d
	s.d = bits.RotateLeft64(s.d, 21) ^ s.a
	s.c += s.b
	s.b = bits.RotateLeft64(s.b, 17) ^ s.c
	s.c = bits.RotateLeft64(s.c, 32)
}

func (s *sip) word(w uint64) {
	s.d ^= w
	s.round()
	s.a ^= w
}

// start begins a hash in a domain of its own, so that the same numbers have different
// keys in each.
func (h hasher) start(domain byte) sip {
	s := sip{h.k0 ^ 0x736f6d6570736575, h.k1 ^ 0x646f72616e646f6d, h.k0 ^ 0x6c7967656e657261, h.k1 ^ 0x7465646279746573}
	s.word(uint64(domain))
	return s
}

// end returns a key that is not zero, since zero is no key.
func (s *sip) end(length int) Key {
	s.word(uint64(length) << 56)
	s.c ^= 0xff
	s.round()
	s.round()
	s.round()
	return max(Key(s.a^s.b^s.c^s.d), 1)
}

// Domains of keys.
const (
	domainSource byte = iota + 1
	domainHost
	domainNetwork
	domainSubject
	domainSession
	domainService
	domainPublic
	domainSecret
)

func (h hasher) words(domain byte, a, b uint64) Key {
	s := h.start(domain)
	s.word(a)
	s.word(b)
	return s.end(16)
}

// mix joins keys that are hashes already; it needs no secret.
func mix(a, b Key) Key {
	x := uint64(a) ^ bits.RotateLeft64(uint64(b), 29)*0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return max(Key(x), 1)
}

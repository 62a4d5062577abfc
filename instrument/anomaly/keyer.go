// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"encoding/binary"
	"math/bits"
)

// keyer makes the keys of the tables, on the path of every login: folded products
// under secrets that come from the detector's key. It is no match for somebody who
// sees its keys, so none leaves that hasher has not hashed again.
type keyer [4]uint64

func newKeyer(key []byte) keyer {
	h := newHasher(key)
	var k keyer
	for i := range k {
		k[i] = uint64(h.words(domainSecret, uint64(i), 0))
	}
	return k
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// end returns a key that is not zero, since zero is no key.
func (k *keyer) end(h uint64, length int) Key {
	return max(Key(fold(h^k[2], uint64(length)^k[3])), 1)
}

func (k *keyer) text(domain byte, t string) Key {
	h, n := k[0]^uint64(domain)<<56, len(t)
	for ; len(t) > 16; t = t[16:] {
		h = fold(word(t)^k[1], word(t[8:])^h)
	}
	var a, b uint64
	if len(t) >= 8 {
		a, b = word(t), word(t[len(t)-8:])
	} else {
		for i := range len(t) {
			a |= uint64(t[i]) << (8 * i)
		}
	}
	return k.end(fold(a^k[1], b^h), n)
}

// word reads eight bytes; the compiler makes it one load.
func word(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

func (k *keyer) bytes16(domain byte, b [16]byte) Key {
	h := k[0] ^ uint64(domain)<<56
	return k.end(fold(binary.LittleEndian.Uint64(b[:])^k[1], binary.LittleEndian.Uint64(b[8:])^h), 16)
}

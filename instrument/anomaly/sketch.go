// SPDX-License-Identifier: Apache-2.0

package anomaly

import "math"

const sketchRows = 4

// sketch is a Count-Min sketch with conservative update: it says how often a key
// came that has no place in a table, too often perhaps and never too seldom. A table
// admits by it, so that ten million keys that come once do not push out one
// that comes again. It is halved as it fills, which makes the past count less.
type sketch struct {
	counts [sketchRows][]uint8
	mask   uint64
	since  int // additions since it was halved
}

// newSketch makes one of at most so many bytes.
func newSketch(bytes int) *sketch {
	width := 64
	for width*2*sketchRows <= bytes {
		width *= 2
	}
	s := &sketch{mask: uint64(width - 1)}
	for r := range s.counts {
		s.counts[r] = make([]uint8, width)
	}
	return s
}

// add counts the key and returns the estimate.
func (s *sketch) add(k Key) uint32 {
	h, step := uint64(k), uint64(mix(k, 0x2545f491))|1
	var at [sketchRows]uint64
	least := uint8(math.MaxUint8)
	for r := range at {
		at[r] = (h >> 7) & s.mask
		h += step
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		least = min(least, s.counts[r][at[r]])
	}
	if least < math.MaxUint8 {
		least++
	}
	for r, i := range at {
		s.counts[r][i] = max(s.counts[r][i], least)
	}
	if s.since++; s.since > 4*len(s.counts[0]) {
		s.halve()
	}
	return uint32(least)
}

func (s *sketch) halve() {
	s.since = 0
	for r := range s.counts {
		for i := range s.counts[r] {
			s.counts[r][i] >>= 1
		}
	}
}

// filter is a Bloom filter in two generations: what was added is remembered for at
// least one generation's fill, at one in a hundred wrong.
type filter struct {
	now, old []uint64
	mask     uint64
	added    int
}

func newFilter(bytes int) *filter {
	words := 16
	for words*2*8*2 <= bytes {
		words *= 2
	}
	return &filter{now: make([]uint64, words), old: make([]uint64, words), mask: uint64(words*64 - 1)}
}

const filterHashes = 4

func (f *filter) has(k Key) bool { return in(f.now, k, f.mask) || in(f.old, k, f.mask) }

func (f *filter) add(k Key) {
	if in(f.now, k, f.mask) {
		return
	}
	h, step := uint64(k), uint64(mix(k, 0x9e3779b9))|1
	for range filterHashes {
		i := h & f.mask
		f.now[i/64] |= 1 << (i % 64)
		h += step
	}
	if f.added++; f.added > len(f.now)*64/10 {
		f.now, f.old = f.old, f.now
		clear(f.now)
		f.added = 0
	}
}

func in(bits []uint64, k Key, mask uint64) bool {
	h, step := uint64(k), uint64(mix(k, 0x9e3779b9))|1
	for range filterHashes {
		i := h & mask
		if bits[i/64]&(1<<(i%64)) == 0 {
			return false
		}
		h += step
	}
	return true
}

// SPDX-License-Identifier: Apache-2.0

package anomaly

import "time"

// head is what a table needs to know of each entry.
type head struct {
	key   Key
	used  int64  // when it was last
	score uint32 // how often it was, as in SpaceSaving with what it inherited
	hold  bool   // a finding on it lasts
}

func (h *head) header() *head { return h }

// row is a pointer to an entry that begins with a head.
type row[T any] interface {
	*T
	header() *head
	drop(*budget)
}

// table keeps entries by key, at most so many. When it is full, a new key gets the
// place of the least of a few only if the sketch says that it came as often:
// noise makes room for noise, and an attacker stays. It is deterministic.
type table[T any, P row[T]] struct {
	index   map[Key]int32
	rows    []T
	limit   int
	hand    int // where the next victims are looked for
	sketch  *sketch
	blocks  budget
	evicted int64  // keys let go or not let in
	floor   uint32 // what the last victim weighed
	turned  int    // keys turned away by the floor since then
}

// bytesOfIndex is what one key costs in the index.
const bytesOfIndex = 40

// newTable makes a table within so many bytes, of entries of the size given.
func newTable[T any, P row[T]](bytes, size int) *table[T, P] {
	const blockSize = (exactKeys-inlineKeys)*8 + registers
	forSketch := bytes / 4
	// One entry in four may have a larger set.
	limit := max((bytes-forSketch)/(size+bytesOfIndex+blockSize/4), 16)
	return &table[T, P]{
		index:  make(map[Key]int32),
		limit:  limit,
		sketch: newSketch(forSketch),
		blocks: budget{limit / 4},
	}
}

// get returns the entry of the key, or nil.
func (t *table[T, P]) get(k Key) P {
	if i, ok := t.index[k]; ok {
		return &t.rows[i]
	}
	return nil
}

// use returns the entry of the key, made if there is room for it, else nil.
func (t *table[T, P]) use(k Key, now int64) P {
	if i, ok := t.index[k]; ok {
		p := P(&t.rows[i])
		h := p.header()
		h.used = max(h.used, now)
		h.score++
		return p
	}
	if len(t.rows) < t.limit {
		t.grow()
		t.rows = t.rows[:len(t.rows)+1]
		return t.place(int32(len(t.rows)-1), head{key: k, used: now, score: 1})
	}
	came := t.sketch.add(k)
	t.evicted++
	if came <= t.floor && t.turned < 32 {
		t.turned++ // without a look at entries that are in no cache
		return nil
	}
	victim, least := t.victim(now)
	t.floor, t.turned = least, 0
	if came <= least {
		return nil
	}
	p := P(&t.rows[victim])
	delete(t.index, p.header().key)
	p.drop(&t.blocks)
	return t.place(victim, head{key: k, used: now, score: came})
}

// grow makes room for one more entry, and never for more than the limit.
func (t *table[T, P]) grow() {
	if len(t.rows) < cap(t.rows) {
		return
	}
	rows := make([]T, len(t.rows), min(t.limit, max(64, 2*cap(t.rows))))
	copy(rows, t.rows)
	t.rows = rows
}

func (t *table[T, P]) place(i int32, h head) P {
	var zero T
	t.rows[i] = zero
	p := P(&t.rows[i])
	*p.header() = h
	t.index[h.key] = i
	return p
}

// victim returns the least of the next few entries and how much it weighs: the
// score, halved for each ten minutes of silence.
func (t *table[T, P]) victim(now int64) (at int32, least uint32) {
	least = ^uint32(0)
	for range min(8, len(t.rows)) {
		h := P(&t.rows[t.hand]).header()
		weight := h.score
		if h.hold {
			weight += 1000
		}
		weight >>= min(uint64(max(now-h.used, 0))/uint64(10*time.Minute), 31)
		if weight < least {
			at, least = int32(t.hand), weight
		}
		t.hand++
		if t.hand == len(t.rows) {
			t.hand = 0
		}
	}
	return at, least
}

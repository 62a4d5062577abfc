// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"sync/atomic"
	"unsafe"
)

// queue is a bounded queue of many writers and one reader, after Vyukov: a writer
// claims a slot by one compare-and-swap and waits for nobody.
type queue struct {
	slots  []slot
	mask   uint64
	_      [48]byte // the two ends are written by different processors
	tail   atomic.Uint64
	_      [56]byte
	head   uint64
	idle   atomic.Bool // the reader waits for filled
	filled chan struct{}
}

type slot struct {
	turn atomic.Uint64
	ev   event
}

// newQueue makes a queue of at least n events.
func newQueue(n int) *queue {
	size := 16
	for size < n {
		size *= 2
	}
	q := &queue{slots: make([]slot, size), mask: uint64(size - 1), filled: make(chan struct{}, 1)}
	for i := range q.slots {
		q.slots[i].turn.Store(uint64(i))
	}
	q.idle.Store(true)
	return q
}

func (q *queue) bytes() int { return len(q.slots) * int(unsafe.Sizeof(slot{})) }

// put adds an event and reports whether there was room.
func (q *queue) put(ev *event) bool {
	for {
		at := q.tail.Load()
		s := &q.slots[at&q.mask]
		switch turn := s.turn.Load(); {
		case turn == at:
			if !q.tail.CompareAndSwap(at, at+1) {
				continue
			}
			s.ev = *ev
			s.turn.Store(at + 1)
			if q.idle.Load() && q.idle.Swap(false) {
				select {
				case q.filled <- struct{}{}:
				default:
				}
			}
			return true
		case turn < at:
			return false // the reader is a whole round behind
		}
	}
}

// take removes the next event; without one it arranges to be woken.
func (q *queue) take(ev *event) bool {
	s := &q.slots[q.head&q.mask]
	if s.turn.Load() != q.head+1 {
		q.idle.Store(true)
		if s.turn.Load() != q.head+1 {
			return false
		}
		q.idle.Store(false)
	}
	*ev = s.ev
	s.turn.Store(q.head + uint64(len(q.slots)))
	q.head++
	return true
}

// SPDX-License-Identifier: Apache-2.0

package otlp

// heldMost is how many data points wait for a later push.
const heldMost = 50 * DefaultBatchSize

// held are batches of delta data that a collector could not take for now. No
// later collection has what is in them, so they go with the next push.
// Cumulative data are never held.
type held struct {
	batches []batch // oldest first
	points  int
}

// take returns what is held, and holds it no longer.
func (h *held) take() []batch {
	batches := h.batches
	*h = held{}
	return batches
}

// add holds a batch more, and returns how many data points had to go for it,
// the oldest first.
func (h *held) add(b batch) (gone int) {
	h.batches = append(h.batches, b)
	h.points += b.points
	for h.points > heldMost {
		oldest := h.batches[0]
		h.batches = h.batches[1:]
		h.points -= oldest.points
		gone += oldest.points
	}
	return gone
}

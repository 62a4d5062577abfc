// SPDX-License-Identifier: Apache-2.0

package anomaly

import "time"

// window counts over a sliding span of time with two panes: the one that began
// with the first event and the one before it, of which the part counts that the span
// still covers. So a burst is counted exactly, and a steady stream within a few
// per cent, in 16 bytes. Time that runs backwards counts as no time at all.
type window struct {
	start     int64 // of the current pane, in nanoseconds
	cur, prev float32
}

func (w *window) roll(now, span int64) {
	switch age := now - w.start; {
	case w.start == 0 || age >= 2*span:
		*w = window{start: now}
	case age >= span:
		w.start, w.prev, w.cur = w.start+span, w.cur, 0
	}
}

func (w *window) add(now int64, span time.Duration, n float32) float32 {
	w.roll(now, int64(span))
	w.cur += n
	return w.sum(now, span)
}

// take takes n back: what looked like a failure of a stranger was one of a friend.
func (w *window) take(n float32) {
	w.cur -= n
	if w.cur < 0 {
		w.prev = max(w.prev+w.cur, 0)
		w.cur = 0
	}
}

func (w *window) sum(now int64, span time.Duration) float32 {
	switch age := now - w.start; {
	case w.start == 0 || age >= 2*int64(span):
		return 0
	case age >= int64(span):
		return w.cur * float32(2*int64(span)-age) / float32(span)
	case age <= 0:
		return w.cur + w.prev
	default:
		return w.cur + w.prev*float32(int64(span)-age)/float32(span)
	}
}

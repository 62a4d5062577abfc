// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"math/bits"
)

const (
	inlineKeys = 8
	exactKeys  = 32
	registers  = 256 // standard error 1.04/sqrt(256), 6.5 %
)

// distinct counts different keys: exactly up to 32, the first 8 without memory of
// their own, and beyond as a HyperLogLog estimate in the same 256 bytes.
type distinct struct {
	few  [inlineKeys]Key
	more *block
	n    uint8 // keys held exactly, exactKeys+1 once they are estimated
}

// block is the memory of one larger set.
type block struct {
	keys [exactKeys - inlineKeys]Key
	regs [registers]uint8
}

// add adds a key. blocks says whether there is memory for a larger set; without, the
// count stays at 8, which is enough to raise a finding with.
func (d *distinct) add(k Key, blocks *budget) {
	if d.n > exactKeys {
		d.more.note(k)
		return
	}
	if d.has(k) {
		return
	}
	switch {
	case d.n < inlineKeys:
		d.few[d.n] = k
	case d.more == nil && !blocks.take():
		return
	default:
		if d.more == nil {
			d.more = new(block)
		}
		if d.n < exactKeys {
			d.more.keys[d.n-inlineKeys] = k
			break
		}
		for _, old := range d.few {
			d.more.note(old)
		}
		for _, old := range d.more.keys {
			d.more.note(old)
		}
		d.more.note(k)
	}
	d.n++
}

func (d *distinct) has(k Key) bool {
	for _, old := range d.few[:min(d.n, inlineKeys)] {
		if old == k {
			return true
		}
	}
	if d.n > inlineKeys && d.n <= exactKeys {
		for _, old := range d.more.keys[:d.n-inlineKeys] {
			if old == k {
				return true
			}
		}
	}
	return false
}

// count returns how many there are, an estimate above 32.
func (d *distinct) count() int {
	if d.n <= exactKeys {
		return int(d.n)
	}
	return max(d.more.estimate(), exactKeys+1)
}

// reset forgets all and gives the memory back.
func (d *distinct) reset(blocks *budget) {
	if d.more != nil {
		blocks.give()
	}
	*d = distinct{}
}

func (b *block) note(k Key) {
	x := uint64(mix(k, 0x51ed270b))
	i := x >> 56
	b.regs[i] = max(b.regs[i], uint8(1+bits.LeadingZeros64(x<<8|1)))
}

func (b *block) estimate() int {
	sum, empty := 0.0, 0
	for _, r := range b.regs {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			empty++
		}
	}
	const m = registers
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && empty > 0 {
		e = m * math.Log(float64(m)/float64(empty)) // linear counting
	}
	return int(e + 0.5)
}

// budget is how many blocks there may be.
type budget struct{ left int }

func (b *budget) take() bool {
	if b.left <= 0 {
		return false
	}
	b.left--
	return true
}

func (b *budget) give() { b.left++ }

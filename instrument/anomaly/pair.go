// SPDX-License-Identifier: Apache-2.0

package anomaly

// pair is what is kept of one subject that fails from one source.
type pair struct {
	head
	episode
	fast, main, slow window
	revoked          window
	fails            int32
	named            bool
}

func (p *pair) drop(*budget) {}

// forget forgets the failures, after a success.
func (p *pair) forget() {
	p.fast, p.main, p.slow, p.fails = window{}, window{}, window{}, 0
}

// pairFails counts a failure. It returns the pair if that is a burst of its own, which
// counts where the source does not: because it is not known, or because it has room
// for many.
func (e *engine) pairFails(f *failing) *pair {
	if f.ident.source == 0 && f.ident.subject == 0 {
		return nil
	}
	p := e.pairs.use(f.pair, f.at)
	if p == nil {
		return nil
	}
	p.touch(f.at, e.rules.Quiet)
	p.fails++
	p.named = f.ident.subject != 0
	b := &e.rules.BruteForce
	fast := p.fast.add(f.at, b.FastWithin, f.weight)
	main := p.main.add(f.at, b.Within, f.trusted)
	slow := p.slow.add(f.at, b.SlowWithin, f.trusted)
	if f.ident.subject != 0 && (fast >= float32(b.Fast) || main >= float32(b.Failures) || slow >= float32(b.Slow)) {
		return p
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	const span = 10 * time.Second
	s := int64(time.Second)
	var w window
	for i := range int64(5) {
		w.add(100*s+2*i*s, span, 1)
	}
	if got := w.sum(108*s, span); got != 5 {
		t.Errorf("a burst inside the span counts %v, want 5", got)
	}
	if got := w.sum(115*s, span); got != 2.5 {
		t.Errorf("half of it has left: %v, want 2.5", got)
	}
	if got := w.sum(120*s, span); got != 0 {
		t.Errorf("all of it has left: %v", got)
	}
	w.take(7)
	if w.cur != 0 || w.prev != 0 {
		t.Errorf("taken back more than there is: %+v", w)
	}
	w.add(200*s, span, 1)
	if got := w.add(190*s, span, 1); got != 2 {
		t.Errorf("time that runs backwards: %v, want 2", got)
	}
}

func TestDistinct(t *testing.T) {
	blocks := &budget{1}
	var d distinct
	for i := range 32 {
		for range 3 {
			d.add(mix(Key(i+1), 9), blocks)
		}
		if d.count() != i+1 {
			t.Fatalf("%d keys count as %d, want them exact up to 32", i+1, d.count())
		}
	}
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		for i := range n {
			d.add(mix(Key(i+1), 9), blocks)
		}
		if got := d.count(); math.Abs(float64(got-n)) > 0.2*float64(n) {
			t.Errorf("%d keys count as %d, want it within three standard errors", n, got)
		}
	}
	d.reset(blocks)
	if d.count() != 0 || blocks.left != 1 {
		t.Errorf("after reset: %d keys, %d blocks", d.count(), blocks.left)
	}
	var poor distinct
	for i := range 100 {
		poor.add(Key(i+1), &budget{})
	}
	if poor.count() != inlineKeys {
		t.Errorf("without memory it counts %d, want %d", poor.count(), inlineKeys)
	}
}

func TestSketchNeverUnderestimates(t *testing.T) {
	s := newSketch(64 << 10)
	random := rand.New(rand.NewPCG(1, 2))
	truth := map[Key]uint32{}
	for range 20_000 {
		k := mix(Key(1+random.IntN(5000)), 3)
		truth[k]++
		if got := s.add(k); got < truth[k] {
			t.Fatalf("a key that came %d times is estimated at %d", truth[k], got)
		}
	}
	if total := len(s.counts[0]) * sketchRows; total > 64<<10 {
		t.Errorf("%d bytes", total)
	}
}

func TestFilterForgetsByGenerations(t *testing.T) {
	f := newFilter(32 << 10)
	wrong := 0
	for i := range 5000 {
		k := mix(Key(i+1), 4)
		if f.has(k) {
			wrong++
		}
		f.add(k)
		if !f.has(k) {
			t.Fatal("a key that was added is not known")
		}
	}
	if wrong > 100 {
		t.Errorf("%d of 5000 new keys were known", wrong)
	}
	for i := range 200_000 {
		f.add(mix(Key(i+1), 5))
	}
	if f.has(mix(1, 4)) && f.has(mix(2, 4)) && f.has(mix(3, 4)) {
		t.Error("nothing is ever forgotten")
	}
}

func TestTableKeepsWhatComesAgain(t *testing.T) {
	tab := newTable[pair](64<<10, 128)
	heavy := Key(1)
	now := monday.UnixNano()
	for i := range 100_000 {
		now += int64(time.Millisecond)
		tab.use(mix(Key(i+2), 6), now)
		if i%500 == 0 {
			tab.use(heavy, now)
		}
	}
	if p := tab.get(heavy); p == nil || p.score < 100 {
		t.Errorf("the key that came 200 times is %+v", p)
	}
	if len(tab.rows) != tab.limit || len(tab.index) != tab.limit || cap(tab.rows) != tab.limit {
		t.Errorf("%d rows of %d, %d in the index", len(tab.rows), tab.limit, len(tab.index))
	}
	for k, i := range tab.index {
		if tab.rows[i].key != k {
			t.Fatal("the index points to another key")
		}
	}
}

func TestLatencyQuantiles(t *testing.T) {
	var l latencies
	if l.quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	var all []int64
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		ns := int64(math.Exp(random.NormFloat64()) * 20e6)
		all = append(all, ns)
		l.add(latencyBucket(ns))
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.99} {
		want := float64(all[int(q*float64(len(all)))])
		if got := float64(l.quantile(q)); got < want*0.86 || got > want*1.16 {
			t.Errorf("quantile %v is %v, want %v to an eighth", q, time.Duration(got), time.Duration(want))
		}
	}
	last := -1
	for ns := int64(1); ns < math.MaxInt64/2; ns += ns/10 + 1 {
		i := latencyBucket(ns)
		if i < last || i >= latencyBuckets {
			t.Fatalf("%d ns is in bucket %d after %d", ns, i, last)
		}
		last = i
	}
}

func TestCUSUMRunLength(t *testing.T) {
	r := DefaultRules().FailureRatioShift
	random := rand.New(rand.NewPCG(5, 6))
	for _, ratio := range []float64{0.02, 0.1, 0.4} {
		var c cusum
		alarms := 0
		const n = 2_000_000
		for range n {
			if c.add(random.Float64() < ratio, &r) {
				alarms++
			}
		}
		if alarms > 1 { // once in nine million at the most
			t.Errorf("ratio %v: %d alarms in %d attempts in control", ratio, alarms, n)
		}
		shifted := min(max(2*ratio, ratio+0.1), 0.97)
		delay := 0
		for !c.add(random.Float64() < shifted, &r) {
			if delay++; delay > 2000 {
				t.Fatalf("ratio %v: a shift to %v is not found in %d attempts", ratio, shifted, delay)
			}
		}
		t.Logf("ratio %v: %d alarms in %d attempts; a shift to %.2f found after %d", ratio, alarms, n, shifted, delay)
	}
}

func TestKeys(t *testing.T) {
	h, other := newKeyer([]byte("0123456789abcdef")), newKeyer([]byte("0123456789abcdeg"))
	seen := map[Key]string{}
	for _, s := range []string{"", "a", "aa", "a\x00", "12345678", "123456789", "123456781234567", "1234567812345678", "12345678123456789", "123456781234567812345678"} {
		for _, k := range []Key{h.text(domainSubject, s), h.text(domainHost, s), other.text(domainSubject, s)} {
			if old, twice := seen[k]; twice || k == 0 {
				t.Errorf("%q and %q have one key", s, old)
			}
			seen[k] = s
		}
	}
	if Key(0).String() != "" || Key(10).String() != "000000000000000a" {
		t.Error("text of keys")
	}
}

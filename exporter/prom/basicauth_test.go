// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func hashOf(t *testing.T, password string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// What a check costs is the costs of its comparisons. They are the same for a
// name that somebody has and one that nobody has, a right password and a wrong
// one, whatever costs the file mixes.
func TestUnknownNameCostsTheSame(t *testing.T) {
	hashes := map[string]string{
		"alice": hashOf(t, "a", 4), "albert": hashOf(t, "b", 4), "bob": hashOf(t, "c", 6), "carol": hashOf(t, "d", 5),
	}
	for _, c := range []struct {
		name, password string
		want           verdict
	}{
		{"alice", "a", let}, {"alice", "b", refused}, {"bob", "c", let}, {"bob", "", refused},
		{"nobody", "a", refused}, {"", "", refused}, {"nobody", "", refused}, {"carol", "d", let},
	} {
		l := newLogins(1)
		var costs []int
		compare := l.compare
		l.compare = func(hash, password []byte) error {
			cost, err := bcrypt.Cost(hash)
			if err != nil {
				t.Errorf("compares with no hash: %v", err)
			}
			costs = append(costs, cost)
			err = compare(hash, password)
			if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
				t.Errorf("a comparison ended early: %v", err)
			}
			return err
		}
		if got := l.check(t.Context(), hashes, c.name, c.password); got != c.want {
			t.Errorf("%q %q: got %v, want %v", c.name, c.password, got, c.want)
		}
		if !slices.Equal(costs, []int{4, 5, 6}) {
			t.Errorf("%q %q: costs %v, want one of each", c.name, c.password, costs)
		}
	}
}

// A login that was good is not checked again; anything else is, each time: there
// is no cache that somebody could fill or poison.
func TestGoodLoginIsRemembered(t *testing.T) {
	l := newLogins(1)
	var n int
	l.compare = func(hash, password []byte) error {
		n++
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	old, young := map[string]string{"alice": hashOf(t, "a", 4)}, map[string]string{"alice": hashOf(t, "b", 4), "eve": hashOf(t, "e", 4)}
	for i, c := range []struct {
		hashes         map[string]string
		name, password string
		want           verdict
		compared       int
	}{
		{old, "alice", "a", let, 1},
		{old, "alice", "a", let, 0},
		{old, "alice", "x", refused, 1},
		{old, "alice", "x", refused, 1},
		{old, "alice", "a", let, 0},
		{old, "nobody", "a", refused, 1},
		{old, "nobody", "a", refused, 1},
		{young, "alice", "a", refused, 1}, // the password was changed
		{young, "alice", "b", let, 1},
		{young, "eve", "e", let, 1},
		{young, "alice", "b", let, 0},
		{map[string]string{}, "alice", "b", refused, 0}, // the name is gone
	} {
		n = 0
		if got := l.check(t.Context(), c.hashes, c.name, c.password); got != c.want {
			t.Errorf("%d: got %v, want %v", i, got, c.want)
		}
		if n != c.compared {
			t.Errorf("%d: %d comparisons, want %d", i, n, c.compared)
		}
	}
	if len(l.passed) != 2 {
		t.Errorf("remembers %d logins, want those of the 2 names", len(l.passed))
	}
}

// CVE-2022-46146: the toolkit's cache once joined name, hash and password by a
// mark that they may contain themselves, so that one login stood for another.
func TestDigestsDoNotCollide(t *testing.T) {
	l := newLogins(1)
	seen := map[[32]byte][]string{}
	for _, parts := range [][]string{
		{"a", "b", "c"}, {"ab", "", "c"}, {"a", "", "bc"}, {"", "ab", "c"}, {"a:b", "", "c"}, {"a", "b:c", ""}, {"a", "b", ":c"},
		{"abc", "", ""}, {"", "", "abc"}, {"", "", ""}, {"a\x00", "b", "c"}, {"a", "\x00b", "c"},
	} {
		d := l.digest(parts...)
		if other, ok := seen[d]; ok {
			t.Errorf("%q and %q are one", parts, other)
		}
		seen[d] = parts
	}
	if l.digest("a", "b", "c") == newLogins(1).digest("a", "b", "c") {
		t.Error("two processes make the same digests")
	}
}

// However many ask for a check, few wait and one runs.
func TestLoginsQueue(t *testing.T) {
	const queue, all = 3, 20
	l := newLogins(queue)
	hashes := map[string]string{"alice": hashOf(t, "a", 4)}
	began, gate := make(chan struct{}, all), make(chan struct{})
	var running, most atomic.Int64
	l.compare = func([]byte, []byte) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		began <- struct{}{}
		<-gate
		return bcrypt.ErrMismatchedHashAndPassword
	}
	verdicts := make(chan verdict, all)
	var wg sync.WaitGroup
	for range all {
		wg.Go(func() { verdicts <- l.check(context.Background(), hashes, "mallory", "x") })
	}
	<-began
	for range all - queue {
		if got := <-verdicts; got != busy {
			t.Errorf("over the queue: got %v", got)
		}
	}
	close(gate)
	wg.Wait()
	for range queue {
		if got := <-verdicts; got != refused {
			t.Errorf("in the queue: got %v", got)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d ran at a time", most.Load())
	}
	// Who gave up waiting does not run.
	l.turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := l.check(ctx, hashes, "alice", "a"); got != refused {
		t.Errorf("gave up: got %v", got)
	}
}

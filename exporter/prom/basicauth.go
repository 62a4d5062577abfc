// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost is above what anybody needs (10 is usual) and below what lets
// strangers keep a processor busy: a check at 14 takes about a second.
const maxBcryptCost = 14

// logins checks names and passwords against bcrypt hashes. A check takes as long
// for a name that nobody has as for one that somebody has, whatever the costs of
// the hashes are: there is one comparison for each cost that occurs.
//
// The toolkit's own check takes the time of cost 10 for an unknown name, which
// tells names from each other where another cost is in use.
type logins struct {
	compare func(hash, password []byte) error // bcrypt's

	// queue bounds the checks that wait, turn those that run: each keeps a
	// processor busy, and anybody may ask for one.
	queue, turn chan struct{}

	// passed remembers by name the last login that was good, so that a scraper
	// does not cost a check each time. It is of no use to those who read our
	// memory: what it holds are digests under a key of this process.
	key    [sha256.Size]byte
	mu     sync.Mutex
	passed map[string][sha256.Size]byte
}

func newLogins(queue int) *logins {
	l := &logins{
		compare: bcrypt.CompareHashAndPassword,
		queue:   make(chan struct{}, queue),
		turn:    make(chan struct{}, 1),
		passed:  map[string][sha256.Size]byte{},
	}
	_, _ = rand.Read(l.key[:]) // never fails
	return l
}

type verdict int

const (
	refused verdict = iota
	let
	busy // too many wait for a check
)

func (l *logins) check(ctx context.Context, hashes map[string]string, name, password string) verdict {
	hash := hashes[name] // "" for nobody, which is no hash of any cost
	digest := l.digest(name, hash, password)
	l.mu.Lock()
	last := l.passed[name] // zeros, which are no digest, for none
	l.mu.Unlock()
	if hmac.Equal(last[:], digest[:]) {
		return let
	}
	select {
	case l.queue <- struct{}{}:
		defer func() { <-l.queue }()
	default:
		return busy
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return refused
	}
	if !l.compareAll(hashes, hash, password) {
		return refused
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passed[name] = digest
	return let
}

// compareAll makes the same comparisons whatever the hash is.
func (l *logins) compareAll(hashes map[string]string, hash, password string) bool {
	costs := map[int]bool{}
	for h := range maps.Values(hashes) {
		if cost, err := bcrypt.Cost([]byte(h)); err == nil {
			costs[cost] = true
		}
	}
	own, _ := bcrypt.Cost([]byte(hash))
	good := false
	for _, cost := range slices.Sorted(maps.Keys(costs)) {
		if cost == own {
			good = l.compare([]byte(hash), []byte(password)) == nil
		} else {
			_ = l.compare(nobodys(cost), []byte(password))
		}
	}
	return good
}

// nobodys is a hash of that cost; what it is the hash of does not matter, for
// the result of the comparison is not looked at.
func nobodys(cost int) []byte {
	return fmt.Appendf(nil, "$2a$%02d$%s", cost, "......................"+"...............................")
}

// digest stands for the three, of which each begins with its length.
func (l *logins) digest(parts ...string) (d [sha256.Size]byte) {
	h := hmac.New(sha256.New, l.key[:])
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	h.Sum(d[:0])
	return d
}

// SPDX-License-Identifier: Apache-2.0

package main

// Passwords and one-time codes.

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// hashRounds is small, so that the traffic leaves the processor alone. A real service takes 600,000 or
// more.
const hashRounds = 20_000

type user struct {
	salt   []byte
	hash   []byte
	secret string // of the second factor, if there is one
}

func newUser(password, secret string) user {
	u := user{salt: []byte(rand.Text()), secret: secret}
	u.hash = u.derive(password)
	return u
}

// derive returns the salted PBKDF2 hash, or nil if the password cannot be hashed.
func (u user) derive(password string) []byte {
	hash, err := pbkdf2.Key(sha256.New, password, u.salt, hashRounds, sha256.Size)
	if err != nil {
		return nil
	}
	return hash
}

func (u user) hasPassword(password string) bool {
	hash := u.derive(password)
	return hash != nil && subtle.ConstantTimeCompare(hash, u.hash) == 1
}

// hasCode accepts the code of this half minute and, for slow fingers, that of the one before.
func (u user) hasCode(code string) bool {
	now, given := time.Now(), []byte(code)
	return subtle.ConstantTimeCompare(given, []byte(oneTimeCode(u.secret, now)))|
		subtle.ConstantTimeCompare(given, []byte(oneTimeCode(u.secret, now.Add(-30*time.Second)))) == 1
}

// oneTimeCode is the time-based one-time password of RFC 6238: six digits by HMAC-SHA-256.
func oneTimeCode(secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// SPDX-License-Identifier: Apache-2.0

package authcookie_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authcookie"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

var (
	oldKey   = []byte("the old key, 32 bytes long, here")
	newKey   = []byte("the new key, 32 bytes long, here")
	blockKey = []byte("0123456789abcdef")
)

func codec(key []byte) *securecookie.SecureCookie { return securecookie.New(key, nil) }

func encode(t testing.TB, c *securecookie.SecureCookie, value any) string {
	t.Helper()
	cookie, err := c.Encode("session", value)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

func decode(cookie string, codecs ...securecookie.Codec) error {
	var user string
	return securecookie.DecodeMulti("session", cookie, &user, codecs...)
}

// signed is a cookie with a timestamp and a value of the caller's, rightly signed.
func signed(timestamp, value string) string {
	mac := hmac.New(sha256.New, oldKey)
	fmt.Fprintf(mac, "session|%s|%s", timestamp, value)
	return base64.URLEncoding.EncodeToString([]byte(timestamp + "|" + value + "|" + string(mac.Sum(nil))))
}

func TestMapError(t *testing.T) {
	good := encode(t, codec(oldKey), "alice")
	if err := decode(good, codec(newKey), codec(oldKey)); err != nil {
		t.Fatal(err)
	}
	fail := instrument.Failure
	internal := instrument.Error(semconv.ErrorTypeInternal)
	forged, malformed := fail(semconv.ReasonBadSignature), fail(semconv.ReasonMalformed)
	alone := func(c *securecookie.SecureCookie, cookie string, dst any) error {
		return c.Decode("session", cookie, dst)
	}
	var user string
	_, unserializable := codec(oldKey).Encode("session", func() {})
	_, unsettable := securecookie.EncodeMulti("session", "alice", codec(nil))
	nop := codec(oldKey).SetSerializer(securecookie.NopEncoder{})
	_, notBytes := nop.Encode("session", 1)
	encrypted := securecookie.New(oldKey, blockKey)
	_, noCookie := (&http.Request{}).Cookie("session")
	future := codec(oldKey).MinAge(3600)
	past := codec(oldKey).MaxAge(-3600)

	cases := []adaptertest.Case{
		{Of: "MultiError", Name: "forged", Err: decode(good, codec(newKey), codec(newKey)), Want: forged},
		{Of: "MultiError", Name: "one codec", Err: decode(good, codec(newKey)), Want: forged},
		{Of: "MultiError", Name: "expired under the old key", Err: decode(good, codec(newKey), past, codec(newKey)), Want: fail(semconv.ReasonExpired)},
		{Of: "MultiError", Name: "too new", Err: decode(good, codec(newKey), future), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "MultiError", Name: "no base64", Err: decode("!", codec(newKey), codec(oldKey)), Want: malformed},
		{Of: "MultiError", Name: "too long", Err: decode(strings.Repeat("x", 5000), codec(newKey), codec(oldKey)), Want: malformed},
		{Of: "MultiError", Name: "a codec without a key", Err: decode(good, codec(newKey), codec(nil)), Want: internal},
		{Of: "MultiError", Name: "encoding", Err: unsettable, Want: internal},
		{Of: "MultiError", Name: "of MultiErrors", Err: securecookie.MultiError{decode(good, codec(newKey)), fmt.Errorf("x: %w", decode(good, past))}, Want: fail(semconv.ReasonExpired)},

		{Of: "ErrMacInvalid", Is: securecookie.ErrMacInvalid, Err: alone(codec(newKey), good, &user), Want: forged},
		{Of: "ErrMacInvalid", Name: "of too few parts", Is: securecookie.ErrMacInvalid, Err: alone(codec(oldKey), "eA==", &user), Want: forged},
		{Of: "", Name: "another cookie's", Err: codec(oldKey).Decode("other", good, &user), Want: forged},
		{Of: "", Name: "expired", Err: alone(past, good, &user), Want: fail(semconv.ReasonExpired)},
		{Of: "", Name: "too new", Err: alone(future, good, &user), Want: fail(semconv.ReasonNotYetValid)},
		{Of: "", Name: "a time that is none", Err: alone(codec(oldKey), signed("soon", "eA=="), &user), Want: malformed},
		{Of: "", Name: "a value that is none", Err: alone(codec(oldKey).MaxAge(0), signed("1", "!"), &user), Want: malformed},
		{Of: "", Name: "not encrypted", Err: alone(encrypted.MaxAge(0), signed("1", "eA=="), &user), Want: malformed},
		{Of: "", Name: "another type", Err: alone(codec(oldKey), good, new(int)), Want: malformed},
		{Of: "", Name: "no JSON", Err: alone(codec(oldKey).SetSerializer(securecookie.JSONEncoder{}), good, &user), Want: malformed},
		{Of: "", Name: "a target that is none", Err: alone(nop, encode(t, nop, []byte("x")), "x"), Want: internal},
		{Of: "", Name: "no bytes", Err: notBytes, Want: internal},
		{Of: "", Name: "no codecs", Err: decode(good), Want: internal},
		{Of: "", Name: "no hash key", Err: alone(codec(nil), good, &user), Want: internal},
		{Of: "", Name: "no block key", Err: alone(codec(oldKey).BlockFunc(nil), good, &user), Want: internal},
		{Of: "", Name: "a block key of no size", Err: alone(securecookie.New(oldKey, []byte("x")), good, &user), Want: internal},
		{Of: "", Name: "a value that cannot be kept", Err: unserializable, Want: internal},
		{Of: "", Name: "no cookie", Is: http.ErrNoCookie, Err: noCookie, Want: instrument.ErrNoCredential},
		{Of: "", Name: "too long, alone", Err: alone(codec(oldKey), strings.Repeat("x", 5000), &user), Want: adaptertest.Unknown},
	}
	adaptertest.Run(t, authcookie.MapError, cases)
	adaptertest.WantAll(t, cases, nil, "github.com/gorilla/securecookie")
}

func TestMapErrorOfOthers(t *testing.T) {
	deep := securecookie.MultiError{nil}
	for range 100 {
		deep = securecookie.MultiError{deep, deep}
	}
	var none securecookie.MultiError
	for _, err := range []error{nil, none, context.Canceled, errors.New(securecookie.ErrMacInvalid.Error())} {
		if got := authcookie.MapError(err); got != nil {
			t.Errorf("%T: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authcookie.MapError, adaptertest.Unknown, errors.New("expired timestamp"), loop{})
	adaptertest.WantRecorded(t, authcookie.MapError, instrument.Failure(semconv.ReasonMalformed), deep)
	adaptertest.WantRecorded(t, authcookie.MapError, instrument.Error(semconv.ErrorTypeInternal), broken{})
}

// broken is an error of a codec of one's own.
type broken struct{}

func (broken) Error() string    { return "broken" }
func (broken) IsUsage() bool    { return false }
func (broken) IsDecode() bool   { return false }
func (broken) IsInternal() bool { return true }
func (broken) Cause() error     { return nil }

// loop wraps itself for ever.
type loop struct{}

func (loop) Error() string   { return "loop" }
func (l loop) Unwrap() error { return l }

// Whatever a client sends for a cookie is refused for a reason and is not our trouble.
func FuzzMapError(f *testing.F) {
	good := encode(f, codec(oldKey), "alice")
	for _, cookie := range []string{good, good[1:], "", "!", signed("soon", "eA=="), signed("1", "eA=="), strings.Repeat("x", 5000)} {
		f.Add(cookie)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		err := decode(cookie, codec(newKey), codec(oldKey))
		var says instrument.Reasoner
		if err != nil && (!errors.As(authcookie.MapError(err), &says) || says.AuthReason() == semconv.ReasonOther) {
			t.Errorf("%v has no reason", err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package authcookie

import "github.com/gorilla/securecookie"

// The library keeps its errors to itself, but returns the very same value every time.
// So it is asked for each of them once, by a cookie that is too old, one that is too
// new, and a target that is none for bytes. One that it did not give is nil.
var (
	tooOld   = ask(securecookie.New(anyKey, nil).MaxAge(-3600))
	tooNew   = ask(securecookie.New(anyKey, nil).MinAge(3600))
	notBytes = own(securecookie.NopEncoder{}.Deserialize(nil, nil))
)

var anyKey = []byte("of a cookie that nobody ever sees")

// ask returns what a codec says of a cookie that it has made just now.
func ask(codec *securecookie.SecureCookie) securecookie.Error {
	codec.SetSerializer(securecookie.NopEncoder{})
	cookie, err := codec.Encode("name", []byte("value"))
	if err != nil {
		return nil
	}
	var value []byte
	return own(codec.Decode("name", cookie, &value))
}

func own(err error) securecookie.Error {
	e, _ := err.(securecookie.Error) //nolint:errorlint // it is returned bare, or not at all
	return e
}

// SPDX-License-Identifier: Apache-2.0

// Package authcookie says what the errors of github.com/gorilla/securecookie mean.
//
//	rec, err := instrument.New(instrument.WithErrorMapper(authcookie.MapError), instrument.WithServices("web"))
//	sessions := rec.Service("web").Authentication(semconv.MethodSession)
//
//	cookie, err := r.Cookie("session") // http.ErrNoCookie is no credential
//	if err == nil {
//		err = securecookie.DecodeMulti("session", cookie.Value, &user, codecs...)
//	}
//	sessions.Count(ctx, err)
//
// With several codecs, as after a change of the key, the error that says most counts:
// a cookie that is expired under one key is expired, though the others call it forged.
package authcookie

// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
)

func checkToken(token string) error {
	if token == "" {
		return errors.New("prom: WithBearerToken: the token is empty")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return errors.New("prom: WithBearerToken: the token (not shown) has a character that is not printable ASCII or is a space")
		}
	}
	return nil
}

// bearer lets requests with the token pass. Hashing both sides makes the
// comparison independent of the token's length.
func bearer(want [sha256.Size]byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimLeft(token, " ")))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

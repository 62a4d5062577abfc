// SPDX-License-Identifier: Apache-2.0

package authjwt_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authjwt"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// A Keyfunc that fetches the key, and whose fetch comes to nothing, makes the check an
// error and no failure.
func TestAKeyThatCannotBeFetched(t *testing.T) {
	k := newKeys(t)
	raw := sign(t, jwt.SigningMethodHS256, k.mac, jwt.MapClaims{})
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	stopped := httptest.NewServer(http.NotFoundHandler())
	stopped.Close()
	fetching := func(ctx context.Context, url string) jwt.Keyfunc {
		return func(*jwt.Token) (any, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return nil, err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return nil, fmt.Errorf("key set: %w", err)
			}
			resp.Body.Close()
			return k.mac, nil
		}
	}
	late, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for want, err := range map[semconv.ErrorType]error{
		semconv.ErrorTypeTimeout:           parse(raw, fetching(late, srv.URL)),
		semconv.ErrorTypeCanceled:          parse(raw, fetching(gone, srv.URL)),
		semconv.ErrorTypeConnectionRefused: parse(raw, fetching(t.Context(), stopped.URL)),
	} {
		adaptertest.WantRecorded(t, authjwt.MapError, instrument.Error(want), err)
	}
}

// What a Keyfunc returns and this package does not know is left to other mappers.
func TestAnotherMapperKnowsTheKeyfuncsError(t *testing.T) {
	errStore := fmt.Errorf("store is down")
	err := parse(sign(t, jwt.SigningMethodHS256, []byte("key"), jwt.MapClaims{}), always(nil, errStore))
	store := func(err error) error {
		if says := authjwt.MapError(err); says != nil {
			return says
		}
		return instrument.Error(semconv.ErrorTypeUnavailable)
	}
	adaptertest.WantRecorded(t, store, instrument.Error(semconv.ErrorTypeUnavailable), err)
}

// verifying is a method whose check is somebody else's work.
type verifying struct{ err error }

func (v *verifying) Verify(string, []byte, any) error { return v.err }
func (v *verifying) Sign(string, any) ([]byte, error) { return nil, nil }
func (v *verifying) Alg() string                      { return "asked" }

// asked returns a token whose signature's check comes to err, until it is called again.
func asked(err error) string {
	method := &verifying{err}
	jwt.RegisterSigningMethod("asked", func() jwt.SigningMethod { return method })
	return token(`{"alg":"asked"}`, "{}")
}

// unlinked is a method whose hash no package here brings along. It signs by another.
func unlinked(t *testing.T) jwt.SigningMethod {
	t.Helper()
	if crypto.BLAKE2s_256.Available() {
		t.Fatal("the hash is linked")
	}
	method := &jwt.SigningMethodHMAC{Name: "B2S", Hash: crypto.BLAKE2s_256}
	jwt.RegisterSigningMethod("B2S", func() jwt.SigningMethod { return method })
	return presigned{method}
}

type presigned struct{ jwt.SigningMethod }

func (presigned) Sign(string, any) ([]byte, error) { return []byte("signature"), nil }

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func privatePEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

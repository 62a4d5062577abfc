// SPDX-License-Identifier: Apache-2.0

package authoidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// testimony is what a key set said of one token. go-oidc passes on the context and
// keeps of the error its text alone, so that it travels in the context.
type testimony struct {
	asked   bool
	payload []byte // of a signature that holds
	err     error  // says what it means, save that of a key set nobody knows
}

type testimonyKey struct{}

func (t *testimony) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, testimonyKey{}, t)
}

// witness is a key set that writes down what it says.
type witness struct{ oidc.KeySet }

func (w witness) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	if t, ok := ctx.Value(testimonyKey{}).(*testimony); ok {
		t.asked, t.payload, t.err = true, payload, w.meaning(err)
	}
	return payload, err
}

// meaning is err with what it means, as far as that is known.
func (w witness) meaning(err error) error {
	if err == nil {
		return nil
	}
	switch keys := w.KeySet.(type) {
	case *oidc.StaticKeySet:
		// It tries one key after the other up to the first that it cannot use.
		for _, k := range keys.PublicKeys {
			switch k.(type) {
			case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			default:
				return &meaning{err, instrument.Error(semconv.ErrorTypeInternal)}
			}
		}
		return instrument.WithReason(err, semconv.ReasonBadSignature)
	case *oidc.RemoteKeySet:
		if notFetched(err) {
			return unavailable(err)
		}
		return instrument.WithReason(err, semconv.ReasonBadSignature)
	}
	if says := MapError(err); says != nil {
		return &meaning{err, says} // in which what err says of itself goes first
	}
	return err
}

// verified is the key set of a token whose signature has been looked at: it says
// what the true one said.
type verified []byte

func (v verified) VerifySignature(context.Context, string) ([]byte, error) { return v, nil }

// SPDX-License-Identifier: Apache-2.0

package authwebauthn

import (
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what the errors of the library mean, for
// [instrument.WithErrorMapper]. It is safe for concurrent use.
//
// The library returns copies of its errors, with details of the case, which
// [errors.Is] does not recognise. Their type is looked at, which the library sets, and
// not the details. Of errors that wrap each other the first that says more than
// malformed counts. A cause that the standard library's errors tell, such as that the
// users' store is out of time, is an error and goes before all but those of TLS: a
// certificate here is an authenticator's.
func MapError(err error) error {
	if told := errtree.Told(err); told != nil && !errors.Is(told, instrument.Error(semconv.ErrorTypeTLS)) {
		return nil // the recorder reads it by itself
	}
	var (
		unknown *protocol.ErrorUnknownCredential
		key     *webauthncose.Error
		status  *metadata.Error
	)
	switch {
	case errors.As(err, &unknown):
		return instrument.Failure(semconv.ReasonUnknownKey)
	case errors.As(err, &key) && key != nil:
		if says := keyErrors[key.Type]; says != nil {
			return says
		}
	case errors.Is(err, metadata.ErrNotInitialized):
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	if says := ceremony(err); says != nil {
		return says
	}
	if errors.As(err, &status) { // of an authenticator that is not wanted, or not trusted
		return instrument.Failure(semconv.ReasonPolicyDenied)
	}
	return nil
}

// ceremony says what the errors of a ceremony mean.
func ceremony(err error) (says error) {
	for range maxErrors {
		var e *protocol.Error
		if !errors.As(err, &e) || e == nil {
			break
		}
		found := types[e.Type]
		if found != nil && !errors.Is(found, malformed) {
			return found
		}
		if says == nil {
			says = found
		}
		err = e.Err
	}
	return says
}

// maxErrors bounds how many errors that wrap each other are looked at.
const maxErrors = 16

var malformed = instrument.Failure(semconv.ReasonMalformed)

// types is by the type of the library's errors; two of them have one in common.
var types = map[string]error{
	protocol.ErrBadRequest.Type:  malformed,
	protocol.ErrParsingData.Type: malformed,
	protocol.ErrAuthData.Type:    malformed,

	protocol.ErrAssertionSignature.Type: instrument.Failure(semconv.ReasonBadSignature),
	protocol.ErrVerification.Type:       instrument.Failure(semconv.ReasonBindingMismatch),
	protocol.ErrChallengeMismatch.Type:  instrument.Failure(semconv.ReasonBindingMismatch),
	protocol.ErrPolicyRestriction.Type:  instrument.Failure(semconv.ReasonPolicyDenied),

	// Of a registration: what the authenticator says of itself and who vouches for it.
	protocol.ErrAttestation.Type:            malformed,
	protocol.ErrInvalidAttestation.Type:     malformed, // ErrAttestationFormat too
	protocol.ErrAttestationCertificate.Type: instrument.Failure(semconv.ReasonUnknownKey),
	protocol.ErrMetadata.Type:               instrument.Failure(semconv.ReasonPolicyDenied),
	protocol.ErrUnsupportedKey.Type:         instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
	protocol.ErrUnsupportedAlgorithm.Type:   instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
	protocol.ErrNotSpecImplemented.Type:     instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
	protocol.ErrNotImplemented.Type:         instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
}

// keyErrors are those of a key and its signature.
var keyErrors = map[string]error{
	webauthncose.ErrUnsupportedKey.Type:          instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
	webauthncose.ErrUnsupportedAlgorithm.Type:    instrument.Failure(semconv.ReasonUnsupportedAlgorithm),
	webauthncose.ErrSigNotProvidedOrInvalid.Type: instrument.Failure(semconv.ReasonBadSignature),
}

// InSession returns err, saying also that it is for an expired session if that is what
// it can be for: the session has expired, and the library refused the request without a
// reason that says more. Other errors, and nil, are returned as they are.
func InSession(err error, session webauthn.SessionData) error {
	if session.Expires.IsZero() || session.Expires.After(time.Now()) || !errors.Is(MapError(err), malformed) {
		return err
	}
	return instrument.WithReason(err, semconv.ReasonExpired)
}

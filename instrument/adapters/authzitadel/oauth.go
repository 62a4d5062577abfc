// SPDX-License-Identifier: Apache-2.0

package authzitadel

import (
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/internal/errtree"
	"github.com/datapunk/otelauth/semconv"
)

// oauth says what an error of the OAuth protocol means, by its type alone. The type
// may come from a server, so that only the known ones count. It is read as the one
// side reads it who answers with it: the client is the caller.
func oauth(e *oidc.Error) error {
	if e.ErrorType != oidc.InvalidRequest { // whose cause is in reading what a client sent
		if trouble := errtree.Told(e.Parent); trouble != nil {
			return trouble // a storage that is down, say
		}
	}
	switch e.ErrorType {
	case oidc.InvalidRequest, oidc.UnsupportedGrantType, oidc.RequestNotSupported:
		return instrument.Failure(semconv.ReasonMalformed)
	case oidc.InvalidClient, oidc.InvalidGrant:
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case oidc.UnauthorizedClient:
		if e.Parent != nil { // the library's way to say that it did not authenticate
			return instrument.Failure(semconv.ReasonInvalidCredentials)
		}
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case oidc.InvalidScope, oidc.AccessDenied, oidc.InteractionRequired:
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case oidc.ExpiredToken:
		return instrument.Failure(semconv.ReasonExpired)
	case oidc.InvalidTarget:
		return instrument.Failure(semconv.ReasonAudienceMismatch)
	case oidc.SlowDown:
		return instrument.Failure(semconv.ReasonRateLimited)
	case oidc.LoginRequired, oidc.AuthorizationPending:
		// A silent check of somebody who is not logged in, and a device whose user
		// has not come yet: nobody tried anything.
		return instrument.ErrNoCredential
	case oidc.ServerError:
		if e.Parent != nil {
			return instrument.Error(semconv.ErrorTypeInternal)
		}
		return instrument.Error(semconv.ErrorTypeUnavailable) // as a server answered
	}
	return nil
}

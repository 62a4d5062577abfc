// SPDX-License-Identifier: Apache-2.0

package authoauth2

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// MapError says what an [oauth2.RetrieveError] means, for
// [instrument.WithErrorMapper]. Other errors of the package are those of the network,
// which the recorder knows itself, or texts. It is safe for concurrent use.
func MapError(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || answer == nil {
		return nil
	}
	status := 0
	if answer.Response != nil {
		status = answer.Response.StatusCode
	}
	switch { // a server in trouble, whatever it says besides
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return instrument.Error(semconv.ErrorTypeTimeout)
	case status >= http.StatusInternalServerError:
		return instrument.Error(semconv.ErrorTypeUnavailable)
	case status == http.StatusTooManyRequests:
		return instrument.Failure(semconv.ReasonRateLimited)
	}
	if says := code(answer.ErrorCode); says != nil {
		return says
	}
	if status >= http.StatusMultipleChoices && status < http.StatusBadRequest {
		return instrument.Error(semconv.ErrorTypeUnavailable) // sent away: no answer of a token endpoint
	}
	return nil // a refusal for a reason that is not known
}

// code says what an error code of OAuth means to the client that gets it.
func code(c string) error {
	switch c {
	case "invalid_grant", "bad_verification_code":
		// A code or a refresh token that is wrong, expired, revoked, used or another
		// client's; the second is GitHub's word for it, as are two below.
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case "access_denied", "consent_required", "interaction_required", "account_selection_required":
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case "expired_token": // a device code
		return instrument.Failure(semconv.ReasonExpired)
	case "slow_down":
		return instrument.Failure(semconv.ReasonRateLimited)
	case "authorization_pending", "login_required": // nobody has come yet
		return instrument.ErrNoCredential
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "unsupported_response_type",
		"unsupported_token_type", "invalid_request", "invalid_scope", "invalid_target",
		"incorrect_client_credentials", "redirect_uri_mismatch":
		return instrument.Error(semconv.ErrorTypeInternal)
	case "server_error", "temporarily_unavailable":
		return instrument.Error(semconv.ErrorTypeUnavailable)
	}
	return nil
}

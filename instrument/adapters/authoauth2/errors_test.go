// SPDX-License-Identifier: Apache-2.0

package authoauth2_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoauth2"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

var (
	internal    = instrument.Error(semconv.ErrorTypeInternal)
	unavailable = instrument.Error(semconv.ErrorTypeUnavailable)
	timeout     = instrument.Error(semconv.ErrorTypeTimeout)
)

// server is a token endpoint that answers in one way.
func server(t testing.TB, status int, contentType, body string) *oauth2.Config {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return &oauth2.Config{ClientID: "web", ClientSecret: "secret",
		Endpoint: oauth2.Endpoint{TokenURL: srv.URL, DeviceAuthURL: srv.URL, AuthStyle: oauth2.AuthStyleInHeader}}
}

func exchange(t testing.TB, status int, contentType, body string) error {
	_, err := server(t, status, contentType, body).Exchange(t.Context(), "code")
	return err
}

func TestMapErrorByCode(t *testing.T) {
	var cases []adaptertest.Case
	for code, want := range map[string]error{
		"invalid_grant":           instrument.Failure(semconv.ReasonInvalidCredentials),
		"bad_verification_code":   instrument.Failure(semconv.ReasonInvalidCredentials),
		"access_denied":           instrument.Failure(semconv.ReasonPolicyDenied),
		"consent_required":        instrument.Failure(semconv.ReasonPolicyDenied),
		"interaction_required":    instrument.Failure(semconv.ReasonPolicyDenied),
		"expired_token":           instrument.Failure(semconv.ReasonExpired),
		"slow_down":               instrument.Failure(semconv.ReasonRateLimited),
		"authorization_pending":   instrument.ErrNoCredential,
		"login_required":          instrument.ErrNoCredential,
		"invalid_client":          internal,
		"unauthorized_client":     internal,
		"unsupported_grant_type":  internal,
		"invalid_request":         internal,
		"invalid_scope":           internal,
		"redirect_uri_mismatch":   internal,
		"server_error":            unavailable,
		"temporarily_unavailable": unavailable,
		"alice@example.com":       adaptertest.Unknown,
		"INVALID_GRANT":           adaptertest.Unknown,
		"invalid_grant ":          adaptertest.Unknown,
		"":                        adaptertest.Unknown,
	} {
		json := `{"error":"` + code + `","error_description":"invalid_grant server_error"}`
		cases = append(cases,
			adaptertest.Case{Of: "RetrieveError", Name: code, Err: exchange(t, 400, "application/json", json), Want: want},
			adaptertest.Case{Of: "RetrieveError", Name: code + " as a form", Err: exchange(t, 401, "application/x-www-form-urlencoded", "error="+code), Want: want})
		if code != "" {
			cases = append(cases, adaptertest.Case{Of: "RetrieveError", Name: code + " with 200", Err: exchange(t, 200, "application/json", json), Want: want})
		}
	}
	adaptertest.Run(t, authoauth2.MapError, cases)
	adaptertest.WantAll(t, cases, nil, "golang.org/x/oauth2")
}

func TestMapErrorByStatus(t *testing.T) {
	const grant = `{"error":"invalid_grant"}`
	var cases []adaptertest.Case
	for status, want := range map[int]error{
		http.StatusFound:               unavailable,
		http.StatusNotModified:         unavailable,
		http.StatusBadRequest:          adaptertest.Unknown,
		http.StatusUnauthorized:        adaptertest.Unknown,
		http.StatusNotFound:            adaptertest.Unknown,
		http.StatusRequestTimeout:      timeout,
		http.StatusTooManyRequests:     instrument.Failure(semconv.ReasonRateLimited),
		http.StatusInternalServerError: unavailable,
		http.StatusServiceUnavailable:  unavailable,
		http.StatusGatewayTimeout:      timeout,
	} {
		cases = append(cases, adaptertest.Case{Name: http.StatusText(status), Err: exchange(t, status, "text/html", "<html>"), Want: want})
	}
	cases = append(cases, adaptertest.Case{Name: "503 and a code", Err: exchange(t, 503, "application/json", grant), Want: unavailable})
	adaptertest.Run(t, authoauth2.MapError, cases)
}

// Every way to a token has the same errors.
func TestMapErrorOfOtherGrants(t *testing.T) {
	c := server(t, 400, "application/json", `{"error":"invalid_grant"}`)
	_, refresh := c.TokenSource(t.Context(), &oauth2.Token{RefreshToken: "r"}).Token()
	_, password := c.PasswordCredentialsToken(t.Context(), "alice", "hunter2")
	_, device := c.DeviceAuth(t.Context())
	_, polled := c.DeviceAccessToken(t.Context(), &oauth2.DeviceAuthResponse{DeviceCode: "d", Interval: 1})
	_, client := (&clientcredentials.Config{ClientID: "web", TokenURL: c.Endpoint.TokenURL}).Token(t.Context())
	adaptertest.WantRecorded(t, authoauth2.MapError, instrument.Failure(semconv.ReasonInvalidCredentials),
		refresh, password, device, polled, client)
}

// Errors of the network are left to the recorder.
func TestMapErrorLeavesTheNetwork(t *testing.T) {
	c := server(t, 200, "application/json", `{}`)
	late, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	_, err := c.Exchange(late, "code")
	adaptertest.WantRecorded(t, authoauth2.MapError, timeout, err)
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = c.Exchange(gone, "code")
	adaptertest.WantRecorded(t, authoauth2.MapError, instrument.Error(semconv.ErrorTypeCanceled), err)
	stopped := httptest.NewServer(http.NotFoundHandler())
	stopped.Close()
	c.Endpoint.TokenURL = stopped.URL
	_, err = c.Exchange(t.Context(), "code")
	adaptertest.WantRecorded(t, authoauth2.MapError, instrument.Error(semconv.ErrorTypeConnectionRefused), err)
}

func TestMapErrorOfOthers(t *testing.T) {
	var none *oauth2.RetrieveError
	for _, err := range []error{nil, none, errors.New("invalid_grant"), &oauth2.RetrieveError{}} {
		if got := authoauth2.MapError(err); got != nil {
			t.Errorf("%T: %v", err, got)
		}
	}
	adaptertest.WantRecorded(t, authoauth2.MapError, adaptertest.Unknown, none, errors.New("invalid_grant"))
}

// No code of a server's own making has a meaning, or becomes a label.
func FuzzMapError(f *testing.F) {
	for _, code := range []string{"invalid_grant", "x", "", "invalid_grant\x00", "\xff"} {
		f.Add(code, 400)
	}
	f.Fuzz(func(t *testing.T, code string, status int) {
		says := authoauth2.MapError(&oauth2.RetrieveError{ErrorCode: code, Response: &http.Response{StatusCode: status}})
		if says == nil {
			return
		}
		for _, known := range []error{internal, unavailable, timeout, instrument.ErrNoCredential,
			instrument.Failure(semconv.ReasonInvalidCredentials), instrument.Failure(semconv.ReasonPolicyDenied),
			instrument.Failure(semconv.ReasonExpired), instrument.Failure(semconv.ReasonRateLimited)} {
			if says == known { //nolint:errorlint // the very same
				return
			}
		}
		t.Errorf("%q with %d became %v", code, status, says)
	})
}

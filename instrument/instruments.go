// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv/authconv"
)

// instruments are all instruments of a Recorder. One that could not be made
// does nothing.
type instruments struct {
	authenticationAttempts    authconv.AuthenticationAttempts
	authenticationDuration    authconv.AuthenticationDuration
	tokenVerifications        authconv.TokenVerifications
	tokenVerificationDuration authconv.TokenVerificationDuration
	tokenOperations           authconv.TokenOperations
	sessionOperations         authconv.SessionOperations
	sessionActive             authconv.SessionActive
	mfaChallenges             authconv.MFAChallenges
	mfaAttempts               authconv.MFAAttempts
	authorizationDecisions    authconv.AuthorizationDecisions
	authorizationDuration     authconv.AuthorizationDuration
	rateLimitChecks           authconv.RateLimitChecks
	rateLimitUsage            authconv.RateLimitUsage
	rateLimitLimit            authconv.RateLimitLimit
	serviceRegistered         authconv.ServiceRegistered
	serviceRegistrations      authconv.ServiceRegistrations
	serviceActive             authconv.ServiceActive
	serviceStatus             authconv.ServiceStatus
	credentialRotations       authconv.CredentialRotations
	credentialExpiration      authconv.CredentialExpirationTimestamp
	credentialLastRotation    authconv.CredentialLastRotationTimestamp
	keysetRefreshes           authconv.KeysetRefreshes
	keysetLastSuccess         authconv.KeysetLastSuccessTimestamp
	cacheLookups              authconv.CacheLookups
	anomalyDetections         authconv.AnomalyDetections
	anomalyTrackedKeys        authconv.AnomalyTrackedKeys
	anomalyEvictions          authconv.AnomalyEvictions
	collapsedValues           authconv.SDKCollapsedValues
	rejectedMeasurements      authconv.SDKRejectedMeasurements
	droppedEvents             authconv.SDKDroppedEvents
}

func newInstruments(m metric.Meter) (in instruments, err error) {
	err = errors.Join(
		place(&in.authenticationAttempts, m, authconv.NewAuthenticationAttempts),
		place(&in.authenticationDuration, m, authconv.NewAuthenticationDuration),
		place(&in.tokenVerifications, m, authconv.NewTokenVerifications),
		place(&in.tokenVerificationDuration, m, authconv.NewTokenVerificationDuration),
		place(&in.tokenOperations, m, authconv.NewTokenOperations),
		place(&in.sessionOperations, m, authconv.NewSessionOperations),
		place(&in.sessionActive, m, authconv.NewSessionActive),
		place(&in.mfaChallenges, m, authconv.NewMFAChallenges),
		place(&in.mfaAttempts, m, authconv.NewMFAAttempts),
		place(&in.authorizationDecisions, m, authconv.NewAuthorizationDecisions),
		place(&in.authorizationDuration, m, authconv.NewAuthorizationDuration),
		place(&in.rateLimitChecks, m, authconv.NewRateLimitChecks),
		place(&in.rateLimitUsage, m, authconv.NewRateLimitUsage),
		place(&in.rateLimitLimit, m, authconv.NewRateLimitLimit),
		place(&in.serviceRegistered, m, authconv.NewServiceRegistered),
		place(&in.serviceRegistrations, m, authconv.NewServiceRegistrations),
		place(&in.serviceActive, m, authconv.NewServiceActive),
		place(&in.serviceStatus, m, authconv.NewServiceStatus),
		place(&in.credentialRotations, m, authconv.NewCredentialRotations),
		place(&in.credentialExpiration, m, authconv.NewCredentialExpirationTimestamp),
		place(&in.credentialLastRotation, m, authconv.NewCredentialLastRotationTimestamp),
		place(&in.keysetRefreshes, m, authconv.NewKeysetRefreshes),
		place(&in.keysetLastSuccess, m, authconv.NewKeysetLastSuccessTimestamp),
		place(&in.cacheLookups, m, authconv.NewCacheLookups),
		place(&in.anomalyDetections, m, authconv.NewAnomalyDetections),
		place(&in.anomalyTrackedKeys, m, authconv.NewAnomalyTrackedKeys),
		place(&in.anomalyEvictions, m, authconv.NewAnomalyEvictions),
		place(&in.collapsedValues, m, authconv.NewSDKCollapsedValues),
		place(&in.rejectedMeasurements, m, authconv.NewSDKRejectedMeasurements),
		place(&in.droppedEvents, m, authconv.NewSDKDroppedEvents),
	)
	return in, err
}

// place makes one instrument in its place.
func place[T, O any](in *T, m metric.Meter, create func(metric.Meter, ...O) (T, error)) (err error) {
	*in, err = create(m)
	return err
}

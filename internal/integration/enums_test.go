// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// closed holds the values of every attribute that is a closed enum.
var closed = map[attribute.Key][]string{
	semconv.AnomalyKindKey:       values(semconv.NumAnomalyKind),
	semconv.AnomalySeverityKey:   values(semconv.NumAnomalySeverity),
	semconv.AnomalyTableKey:      values(semconv.NumAnomalyTable),
	semconv.CacheOutcomeKey:      values(semconv.NumCacheOutcome),
	semconv.CredentialTypeKey:    values(semconv.NumCredentialType),
	semconv.DecisionKey:          values(semconv.NumDecision),
	semconv.EnforcementKey:       values(semconv.NumEnforcement),
	semconv.ErrorTypeKey:         values(semconv.NumErrorType),
	semconv.MFAFactorKey:         values(semconv.NumMFAFactor),
	semconv.MethodKey:            values(semconv.NumMethod),
	semconv.RateLimitOutcomeKey:  values(semconv.NumRateLimitOutcome),
	semconv.ReasonKey:            values(semconv.NumReason),
	semconv.RegistrationEventKey: values(semconv.NumRegistrationEvent),
	semconv.ResultKey:            values(semconv.NumResult),
	semconv.RotationTriggerKey:   values(semconv.NumRotationTrigger),
	semconv.SDKAttributeKey:      values(semconv.NumSDKAttribute),
	semconv.SDKExporterKey:       values(semconv.NumSDKExporter),
	semconv.SDKRejectionKey:      values(semconv.NumSDKRejection),
	semconv.ServiceStateKey:      values(semconv.NumServiceState),
	semconv.SessionOperationKey:  values(semconv.NumSessionOperation),
	semconv.TokenOperationKey:    values(semconv.NumTokenOperation),
	semconv.TokenTypeKey:         values(semconv.NumTokenType),
}

// open are the attributes whose values the developer declares or allows.
var open = map[attribute.Key]bool{
	semconv.ServiceNameKey:   true,
	semconv.RateLimitTypeKey: true,
	semconv.PolicyKey:        true,
	semconv.CacheNameKey:     true,
	semconv.ProviderKey:      true,
	semconv.TenantKey:        true,
}

func values[E interface {
	~uint8
	String() string
}](num E) []string {
	var all []string
	for v := range num {
		all = append(all, v.String())
	}
	return all
}

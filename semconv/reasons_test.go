// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"math"
	"slices"
	"testing"
)

func TestReasons(t *testing.T) {
	check := func(t *testing.T, name string, reasons func() []Reason) {
		t.Helper()
		got := reasons()
		if len(got) == 0 || got[len(got)-1] != ReasonOther {
			t.Fatalf("reasons of %s are %v: %s must come last", name, got, Other)
		}
		if s := slices.Sorted(slices.Values(got)); len(slices.Compact(s)) != len(got) {
			t.Errorf("reasons of %s are %v: one is there twice", name, got)
		}
		got[0] = NumReason
		if reasons()[0] == NumReason {
			t.Errorf("reasons of %s: writing to the slice changed the list", name)
		}
	}
	for m := range NumMethod {
		check(t, "method "+m.String(), m.Reasons)
	}
	for v := range NumTokenType {
		check(t, "token type "+v.String(), v.Reasons)
	}
	for v := range NumMFAFactor {
		check(t, "factor "+v.String(), v.Reasons)
	}
}

func TestReasonsOfWhatIsOutsideTheList(t *testing.T) {
	for name, got := range map[string][2][]Reason{
		"method":     {Method(math.MaxUint8).Reasons(), MethodOther.Reasons()},
		"token type": {NumTokenType.Reasons(), TokenTypeOther.Reasons()},
		"factor":     {NumMFAFactor.Reasons(), MFAFactorOther.Reasons()},
	} {
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("%s: reasons are %v, those of %s are %v", name, got[0], Other, got[1])
		}
	}
}

func TestReasonsFit(t *testing.T) {
	for _, tt := range []struct {
		name     string
		reasons  []Reason
		has, not Reason
	}{
		{"password", MethodPassword.Reasons(), ReasonInvalidCredentials, ReasonBadSignature},
		{"jwt", MethodJWT.Reasons(), ReasonAudienceMismatch, ReasonInvalidCredentials},
		{"mtls", MethodMTLS.Reasons(), ReasonRevoked, ReasonMFARequired},
		{"refresh token", TokenTypeRefresh.Reasons(), ReasonReplayed, ReasonIssuerMismatch},
		{"push", MFAFactorPush.Reasons(), ReasonMFAFailed, ReasonInvalidCredentials},
	} {
		if !slices.Contains(tt.reasons, tt.has) {
			t.Errorf("%s cannot fail with %s", tt.name, tt.has)
		}
		if slices.Contains(tt.reasons, tt.not) {
			t.Errorf("%s can fail with %s", tt.name, tt.not)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"math"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

// value is what each closed list offers.
type value interface {
	~uint8
	String() string
	Attr() attribute.KeyValue
}

// list is a closed list with its type erased, so that one test covers all.
type list struct {
	key   attribute.Key
	num   int
	name  func(i uint8) string
	attr  func(i uint8) attribute.KeyValue
	parse func(s string) uint8
}

func listOf[V value](key attribute.Key, num V, parse func(string) V) list {
	return list{
		key:   key,
		num:   int(num),
		name:  func(i uint8) string { return V(i).String() },
		attr:  func(i uint8) attribute.KeyValue { return V(i).Attr() },
		parse: func(s string) uint8 { return uint8(parse(s)) },
	}
}

var lists = []list{
	listOf(AnomalyKindKey, NumAnomalyKind, ParseAnomalyKind),
	listOf(AnomalySeverityKey, NumAnomalySeverity, ParseAnomalySeverity),
	listOf(AnomalyTableKey, NumAnomalyTable, ParseAnomalyTable),
	listOf(CacheOutcomeKey, NumCacheOutcome, ParseCacheOutcome),
	listOf(CredentialTypeKey, NumCredentialType, ParseCredentialType),
	listOf(DecisionKey, NumDecision, ParseDecision),
	listOf(EnforcementKey, NumEnforcement, ParseEnforcement),
	listOf(ErrorTypeKey, NumErrorType, ParseErrorType),
	listOf(MFAFactorKey, NumMFAFactor, ParseMFAFactor),
	listOf(MethodKey, NumMethod, ParseMethod),
	listOf(RateLimitOutcomeKey, NumRateLimitOutcome, ParseRateLimitOutcome),
	listOf(ReasonKey, NumReason, ParseReason),
	listOf(RegistrationEventKey, NumRegistrationEvent, ParseRegistrationEvent),
	listOf(ResultKey, NumResult, ParseResult),
	listOf(RotationTriggerKey, NumRotationTrigger, ParseRotationTrigger),
	listOf(SDKAttributeKey, NumSDKAttribute, ParseSDKAttribute),
	listOf(SDKExporterKey, NumSDKExporter, ParseSDKExporter),
	listOf(SDKRejectionKey, NumSDKRejection, ParseSDKRejection),
	listOf(ServiceStateKey, NumServiceState, ParseServiceState),
	listOf(SessionOperationKey, NumSessionOperation, ParseSessionOperation),
	listOf(TokenOperationKey, NumTokenOperation, ParseTokenOperation),
	listOf(TokenTypeKey, NumTokenType, ParseTokenType),
}

// allowLists are the keys whose values the user declares.
var allowLists = []attribute.Key{ServiceNameKey, ProviderKey, TenantKey, PolicyKey, RateLimitTypeKey, CacheNameKey}

func TestEveryValue(t *testing.T) {
	for _, l := range lists {
		t.Run(string(l.key), func(t *testing.T) {
			seen := map[string]bool{}
			for i := range uint8(l.num) {
				s := l.name(i)
				if seen[s] {
					t.Errorf("%q is there twice", s)
				}
				seen[s] = true
				if got := l.parse(s); got != i {
					t.Errorf("parsing %q gives %d, want %d", s, got, i)
				}
				if got, want := l.attr(i), l.key.String(s); got != want {
					t.Errorf("attribute of %d is %v, want %v", i, got, want)
				}
				if (s == Other) != (i == 0) {
					t.Errorf("value %d is %q", i, s)
				}
			}
		})
	}
}

func TestOutsideTheList(t *testing.T) {
	for _, l := range lists {
		t.Run(string(l.key), func(t *testing.T) {
			for i := l.num; i <= math.MaxUint8; i++ {
				if got := l.name(uint8(i)); got != Other {
					t.Fatalf("value %d is %q, want %q", i, got, Other)
				}
				if got, want := l.attr(uint8(i)), l.key.String(Other); got != want {
					t.Fatalf("attribute of %d is %v, want %v", i, got, want)
				}
			}
			for _, s := range []string{"", " ", "_other", "Other", l.name(1) + " ", "x" + l.name(1), "\xff", "a\x00b"} {
				if got := l.parse(s); got != 0 {
					t.Errorf("parsing %q gives %q, want %q", s, l.name(got), Other)
				}
			}
		})
	}
}

// Every key is a closed list or an allow-list, and can be named when one of its
// values collapses.
func TestEveryKeyCanCollapse(t *testing.T) {
	var keys, named []string
	for _, l := range lists {
		keys = append(keys, string(l.key))
	}
	for _, k := range allowLists {
		keys = append(keys, string(k))
	}
	for v := SDKAttributeOther + 1; v < NumSDKAttribute; v++ {
		named = append(named, v.String())
	}
	slices.Sort(keys)
	slices.Sort(named)
	if !slices.Equal(keys, named) {
		t.Errorf("SDKAttribute names\n%q, the keys are\n%q", named, keys)
	}
}

func TestNoAllocation(t *testing.T) {
	for _, l := range lists {
		t.Run(string(l.key), func(t *testing.T) {
			var kv attribute.KeyValue
			var s string
			var p uint8
			last := l.name(uint8(l.num) - 1)
			n := testing.AllocsPerRun(100, func() {
				kv = l.attr(uint8(l.num) - 1)
				s = l.name(uint8(l.num) - 1)
				p = l.parse(last)
			})
			if n != 0 {
				t.Errorf("%v allocations", n)
			}
			if kv.Value.AsString() != last || s != last || int(p) != l.num-1 {
				t.Errorf("got %v, %q, %d for %q", kv, s, p, last)
			}
		})
	}
}

// Whatever is parsed, nothing outside the lists comes out.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", Other, "password", "PASSWORD", " password", "password\n", "success", "auth.method",
		"x' OR '1'='1", "\xff\xfe", "пароль", "0",
	} {
		f.Add(s)
	}
	for _, l := range lists {
		f.Add(l.name(uint8(l.num) - 1))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range lists {
			i := l.parse(s)
			if int(i) >= l.num {
				t.Fatalf("%s: parsing %q gives %d, of %d values", l.key, s, i, l.num)
			}
			if i != 0 && l.name(i) != s {
				t.Fatalf("%s: parsing %q gives %q", l.key, s, l.name(i))
			}
		}
	})
}

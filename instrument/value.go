// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// maxValueBytes bounds a label: the SDK limits series, not bytes, so without it
// 2,500 values of 1 MB pin 1.9 GiB.
const maxValueBytes = 128

// checkValue refuses a developer's own value that could not be a label as it is.
func checkValue(v string) error {
	switch {
	case v == "":
		return fmt.Errorf("empty value")
	case len(v) > maxValueBytes:
		return fmt.Errorf("value of %d bytes, at most %d are allowed", len(v), maxValueBytes)
	case !utf8.ValidString(v):
		return fmt.Errorf("value %q is not valid UTF-8", v)
	}
	return nil
}

// cleanValue makes valid UTF-8 of at most maxValueBytes of any string. It never
// looks at more of it than it keeps, and doing it twice changes nothing.
func cleanValue(v string) string {
	if len(v) > maxValueBytes {
		v = v[:maxValueBytes]
		// Drop the start of a rune that the cut went through.
		for i := len(v) - 1; i >= 0 && i > len(v)-utf8.UTFMax; i-- {
			if utf8.RuneStart(v[i]) {
				if !utf8.FullRuneInString(v[i:]) {
					v = v[:i]
				}
				break
			}
		}
	}
	// One byte for one byte, so that the result cannot outgrow the limit.
	return strings.ToValidUTF8(v, "?")
}

// allowListed are the attributes whose values a developer lists, and the name
// under which a value outside the list is counted.
var allowListed = map[attribute.Key]semconv.SDKAttribute{
	semconv.RateLimitTypeKey: semconv.ParseSDKAttribute(string(semconv.RateLimitTypeKey)),
	semconv.CacheNameKey:     semconv.ParseSDKAttribute(string(semconv.CacheNameKey)),
	semconv.PolicyKey:        semconv.ParseSDKAttribute(string(semconv.PolicyKey)),
	semconv.ProviderKey:      semconv.ParseSDKAttribute(string(semconv.ProviderKey)),
	semconv.TenantKey:        semconv.ParseSDKAttribute(string(semconv.TenantKey)),
}

// allowLists holds each attribute's allowed values; it never changes after New.
type allowLists map[attribute.Key]map[string]struct{}

func newAllowLists(values map[attribute.Key][]string) allowLists {
	l := allowLists{}
	for key, vs := range values {
		l[key] = make(map[string]struct{}, len(vs))
		for _, v := range vs {
			l[key][v] = struct{}{}
		}
	}
	return l
}

// has reports whether v is allowed; the length is looked at first so that a
// huge string is not even hashed.
func (l allowLists) has(key attribute.Key, v string) bool {
	if len(v) > maxValueBytes {
		return false
	}
	_, ok := l[key][v]
	return ok
}

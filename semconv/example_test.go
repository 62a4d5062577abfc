// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"fmt"

	"github.com/datapunk/otelauth/semconv"
)

func Example() {
	kv := semconv.MethodPassword.Attr()
	fmt.Println(kv.Key, kv.Value.AsString())

	// A text from outside becomes a label only if it is in the list.
	fmt.Println(semconv.ParseReason("expired"))
	fmt.Println(semconv.ParseReason("user alice@example.com not found"))
	// Output:
	// auth.method password
	// expired
	// _OTHER
}

func ExampleMetrics() {
	for _, m := range semconv.Metrics() {
		if m.Instrument == semconv.KindHistogram {
			fmt.Println(m.Name, m.Unit, len(m.Buckets))
		}
	}
	// Output:
	// auth.authentication.duration s 14
	// auth.authorization.duration s 14
	// auth.token.verification.duration s 14
}

func ExampleMethod_Reasons() {
	fmt.Println(semconv.MethodAPIKey.Reasons())
	// Output:
	// [missing malformed invalid_credentials expired revoked disabled rate_limited _OTHER]
}

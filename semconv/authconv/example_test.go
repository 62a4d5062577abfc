// SPDX-License-Identifier: Apache-2.0

package authconv_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
)

func Example() {
	attempts, err := authconv.NewAuthenticationAttempts(otel.Meter("example.com/login"))
	if err != nil {
		fmt.Println(err) // attempts can be used all the same: it does nothing
	}
	attempts.Add(context.Background(), 1, "api", semconv.MethodPassword, semconv.ResultFailure,
		semconv.ReasonExpired.Attr())

	fmt.Println(attempts.Name(), attempts.Unit())
	// Output: auth.authentication.attempts {attempt}
}

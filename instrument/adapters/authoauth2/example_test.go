// SPDX-License-Identifier: Apache-2.0

package authoauth2_test

import (
	"context"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoauth2"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// Two logins whose authorization code is no good: used before, and at a provider that
// does not answer as it should.
func Example() {
	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authoauth2.MapError))
	logins := rec.Service("web").Authentication(semconv.MethodOIDC)

	var stage adaptertest.Stage
	defer stage.Close()
	used := server(&stage, 400, "application/json", `{"error":"invalid_grant"}`)
	down := server(&stage, 503, "text/plain", "maintenance")
	ctx := context.Background()
	_, err := used.Exchange(ctx, "code")
	logins.Count(ctx, err)
	_, err = down.Exchange(ctx, "code")
	logins.Count(ctx, err)

	show("auth.authentication.attempts")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=invalid_credentials auth.method=oidc auth.result=failure
	// 1 auth.authentication.attempts auth.method=oidc auth.result=error error.type=unavailable
}

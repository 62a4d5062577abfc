// SPDX-License-Identifier: Apache-2.0

package authop_test

import (
	"context"

	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel/authop"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// A provider that authenticates its clients.
func Example() {
	var stage adaptertest.Stage
	defer stage.Close()
	provider, _ := newProvider(&stage)
	rec, show := adaptertest.Recorder(instrument.WithErrorMapper(authop.MapError))

	clients := rec.Service("id").Authentication(semconv.MethodClientSecret)
	for _, header := range []string{basic("web", "secret"), basic("web", "guess"), basic("%", "")} {
		_, _, err := op.ClientIDFromRequest(request(nil, header), provider)
		clients.Count(context.Background(), err)
	}

	show("auth.authentication.attempts")
	// Output:
	// 1 auth.authentication.attempts auth.failure.reason=invalid_credentials auth.method=client_secret auth.result=failure
	// 1 auth.authentication.attempts auth.failure.reason=malformed auth.method=client_secret auth.result=failure
	// 1 auth.authentication.attempts auth.method=client_secret auth.result=success
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoauth2"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/semconv"
)

// recording is how the recorder is made, in the program as in its test: with the services, others share one
// "_OTHER", and with what the errors of the libraries mean.
func recording() []instrument.Option {
	return []instrument.Option{
		instrument.WithServices("provider", "webapp", "orders", "stock", "reports"),
		instrument.WithErrorMapper(authoidc.MapError),
		instrument.WithErrorMapper(authoauth2.MapError),
		instrument.WithErrorMapper(authzitadel.MapError),
	}
}

// refuse answers as the attempt is recorded: with a 401 whoever is at fault himself, without telling him why, and
// with a 503 where the trouble is ours. A client that gets a 401 throws its token away, and it may be a good one.
func refuse(w http.ResponseWriter, on *instrument.Attempts, err error, text string) {
	if on.Outcome(err).Result == semconv.ResultError {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	http.Error(w, text, http.StatusUnauthorized)
}

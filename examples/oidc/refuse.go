// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoauth2"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/authzitadel"
	"github.com/datapunk/otelauth/semconv"
)

// mappers know what the errors of the libraries mean. The recorder asks them, and so does refuse.
var mappers = []func(error) error{authoidc.MapError, authoauth2.MapError, authzitadel.MapError}

// recording is how the recorder is made, in the program as in its test. Services that are not declared share one
// "_OTHER".
func recording() []instrument.Option {
	opts := []instrument.Option{instrument.WithServices("provider", "webapp", "orders", "stock", "reports")}
	for _, m := range mappers {
		opts = append(opts, instrument.WithErrorMapper(m))
	}
	return opts
}

// refuse answers with a 401 whoever is at fault himself, and does not tell him why. Trouble of ours is a 503: a
// client that gets a 401 throws its token away, and it may be a good one.
func refuse(w http.ResponseWriter, err error, text string) {
	for _, m := range mappers {
		if meaning := m(err); meaning != nil {
			err = errors.Join(err, meaning)
			break
		}
	}
	var refusal instrument.Reasoner
	if errors.Is(err, instrument.ErrNoCredential) || errors.As(err, &refusal) && refusal.AuthReason() != semconv.ReasonOther {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, text, http.StatusUnauthorized)
		return
	}
	http.Error(w, "try again later", http.StatusServiceUnavailable)
}

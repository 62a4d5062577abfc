// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// KeySet records fetches of the keys that tokens are checked with, such as a
// JWKS: auth.keyset.refreshes and auth.keyset.last_success.timestamp. Safe for
// concurrent use; nil does nothing.
type KeySet struct {
	svc         *Service
	results     results
	errors      errorTypes
	lastSuccess series[float64]
}

// KeySet returns the handle for the service's key set.
func (s *Service) KeySet() *KeySet {
	if s == nil {
		return nil
	}
	return handle(s, handleKey{thing: thingKeySet}, func() *KeySet {
		in := &s.rec.inst
		h := &KeySet{
			svc:         s,
			results:     bindResults(s, in.keysetRefreshes.Inst(), false, s.name),
			errors:      bindErrorTypes(s, in.keysetRefreshes.Inst(), s.name),
			lastSuccess: bindSeries(s.rec, in.keysetLastSuccess.Inst(), s.name),
		}
		zero(h.results[semconv.ResultSuccess])
		return h
	})
}

// Refreshed records a fetch that ended now and what it came to, as in
// [Attempts], save that an error nobody knows counts as an error of ours. A
// success also sets the time of the last one.
func (h *KeySet) Refreshed(ctx context.Context, err error) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	switch o := h.svc.rec.classify(err).ownWork(); o.Result {
	case semconv.ResultSuccess:
		h.results.count(ctx, o)
		h.lastSuccess.record(ctx, unixSeconds(time.Now()))
	case semconv.ResultError:
		h.errors.count(ctx, h.svc.rec, o.ErrorType)
	default:
		h.results.count(ctx, o)
	}
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// Cache records look-ups in one cache of credentials or tokens:
// auth.cache.lookups. Safe for concurrent use; nil does nothing.
type Cache struct {
	svc    *Service
	counts [semconv.NumCacheOutcome]*cell
}

// Cache returns the handle for one cache: a name that [WithAllowed] gives for
// [semconv.CacheNameKey]; any other is _OTHER.
func (s *Service) Cache(name string) *Cache {
	if s == nil {
		return nil
	}
	name = s.rec.allow(semconv.CacheNameKey, name)
	return handle(s, handleKey{thing: thingCache, name: name}, func() *Cache {
		h := &Cache{svc: s}
		for o := range h.counts {
			h.counts[o] = s.rec.bind(s.rec.inst.cacheLookups.Inst(),
				s.name, semconv.CacheNameKey.String(name), semconv.CacheOutcome(o).Attr())
		}
		zero(h.counts[1:]...)
		return h
	})
}

// Lookup records how one look-up came out. An outcome outside the enum is
// [semconv.CacheOutcomeOther].
func (h *Cache) Lookup(ctx context.Context, outcome semconv.CacheOutcome) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	outcome = enum(ctx, h.svc.rec, outcome, semconv.NumCacheOutcome, semconv.SDKAttributeCacheOutcome)
	h.counts[outcome].add(ctx, 1)
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// Anomalies records what a detector raised for a service:
// auth.anomaly.detections. Safe for concurrent use; nil does nothing.
type Anomalies struct {
	svc    *Service
	counts [semconv.NumAnomalyKind][semconv.NumAnomalySeverity]*cell
}

// Anomalies returns the handle for findings about the service.
func (s *Service) Anomalies() *Anomalies {
	if s == nil {
		return nil
	}
	return handle(s, handleKey{thing: thingAnomalies}, func() *Anomalies {
		h := &Anomalies{svc: s}
		for k := range h.counts {
			for sev := range h.counts[k] {
				h.counts[k][sev] = s.rec.bind(s.rec.inst.anomalyDetections.Inst(),
					s.name, semconv.AnomalyKind(k).Attr(), semconv.AnomalySeverity(sev).Attr())
			}
			if k > 0 {
				zero(h.counts[k][1:]...)
			}
		}
		return h
	})
}

// Detected records one finding. A finding is no event of the service's own and
// does not make it active. A kind or severity outside its enum is _OTHER.
func (h *Anomalies) Detected(ctx context.Context, kind semconv.AnomalyKind, severity semconv.AnomalySeverity) {
	if h == nil || !h.svc.rec.open(ctx) {
		return
	}
	r := h.svc.rec
	kind = enum(ctx, r, kind, semconv.NumAnomalyKind, semconv.SDKAttributeAnomalyKind)
	severity = enum(ctx, r, severity, semconv.NumAnomalySeverity, semconv.SDKAttributeAnomalySeverity)
	h.counts[kind][severity].add(ctx, 1)
}

// Detector records how a detector fares: the keys that it keeps in each table
// (auth.anomaly.tracked_keys), those that it had to let go
// (auth.anomaly.evictions) and the events that it had no room for
// (auth.sdk.dropped_events). Safe for concurrent use; nil does nothing.
type Detector struct {
	rec       *Recorder
	tracked   [semconv.NumAnomalyTable]series[int64]
	evictions [semconv.NumAnomalyTable]*cell
	dropped   *cell
}

// Detector returns the handle for a detector's own state. It is the process's
// and not a service's; every call gives the same handle.
func (r *Recorder) Detector() *Detector {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.detector != nil {
		return r.detector
	}
	h := &Detector{rec: r, dropped: r.bind(r.inst.droppedEvents.Inst())}
	for t := range h.tracked {
		h.tracked[t] = bindSeries(r, r.inst.anomalyTrackedKeys.Inst(), semconv.AnomalyTable(t).Attr())
		h.evictions[t] = r.bind(r.inst.anomalyEvictions.Inst(), semconv.AnomalyTable(t).Attr())
	}
	zero(append(h.evictions[1:], h.dropped)...)
	r.detector = h
	return h
}

// TrackedKeys records how many keys a table holds now.
func (h *Detector) TrackedKeys(ctx context.Context, table semconv.AnomalyTable, n int64) {
	if !h.record(ctx, n) {
		return
	}
	h.tracked[h.table(ctx, table)].record(ctx, n)
}

// Evicted records that n keys were let go to make room.
func (h *Detector) Evicted(ctx context.Context, table semconv.AnomalyTable, n int64) {
	if !h.record(ctx, n) {
		return
	}
	h.evictions[h.table(ctx, table)].add(ctx, n)
}

// Dropped records that there was no room for n events.
func (h *Detector) Dropped(ctx context.Context, n int64) {
	if !h.record(ctx, n) {
		return
	}
	h.dropped.add(ctx, n)
}

// record reports whether n may be taken; a negative n is refused and counted.
func (h *Detector) record(ctx context.Context, n int64) bool {
	if h == nil || !h.rec.open(ctx) {
		return false
	}
	if n < 0 {
		h.rec.reject(ctx, semconv.SDKRejectionNegative)
		return false
	}
	return true
}

func (h *Detector) table(ctx context.Context, t semconv.AnomalyTable) semconv.AnomalyTable {
	return enum(ctx, h.rec, t, semconv.NumAnomalyTable, semconv.SDKAttributeAnomalyTable)
}

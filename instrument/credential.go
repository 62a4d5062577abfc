// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Credential records one type of the service's own credentials: its rotations
// (auth.credential.rotations, auth.credential.last_rotation.timestamp) and its
// end (auth.credential.expiration.timestamp). Safe for concurrent use; nil does
// nothing.
type Credential struct {
	svc          *Service
	rotations    [semconv.NumRotationTrigger]results
	lastRotation series[float64]
	expiration   series[float64]
}

// Credential returns the handle for one type of credential. A type outside the
// enum is [semconv.CredentialTypeOther].
func (s *Service) Credential(t semconv.CredentialType) *Credential {
	if s == nil {
		return nil
	}
	t = enum(context.Background(), s.rec, t, semconv.NumCredentialType, semconv.SDKAttributeCredentialType)
	return handle(s, handleKey{thing: thingCredential, value: uint8(t)}, func() *Credential {
		in := &s.rec.inst
		h := &Credential{
			svc:          s,
			lastRotation: bindSeries(s.rec, in.credentialLastRotation.Inst(), s.name, t.Attr()),
			expiration:   bindSeries(s.rec, in.credentialExpiration.Inst(), s.name, t.Attr()),
		}
		for tr := range h.rotations {
			h.rotations[tr] = bindResults(s, in.credentialRotations.Inst(), tr > 0,
				s.name, t.Attr(), semconv.RotationTrigger(tr).Attr())
		}
		return h
	})
}

// Rotated records a rotation that ended now: what set it off and what it came
// to, as in [Attempts], save that an error nobody knows counts as an error of
// ours. A success also sets the time of the last rotation. A trigger outside
// the enum is [semconv.RotationTriggerOther].
func (h *Credential) Rotated(ctx context.Context, trigger semconv.RotationTrigger, err error) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	trigger = enum(ctx, h.svc.rec, trigger, semconv.NumRotationTrigger, semconv.SDKAttributeRotationTrigger)
	o := h.svc.rec.classify(err).ownWork()
	h.rotations[trigger].count(ctx, o)
	if o.Result == semconv.ResultSuccess {
		h.lastRotation.record(ctx, unixSeconds(time.Now()))
	}
}

// Expires records when the credential ends. Of several credentials of one type,
// report the one that ends first: the last call wins. The zero time is no time
// and is not recorded.
func (h *Credential) Expires(ctx context.Context, at time.Time) {
	if h == nil || at.IsZero() || !h.svc.record(ctx) {
		return
	}
	h.expiration.record(ctx, unixSeconds(at))
}

// unixSeconds is t as Prometheus and OpenTelemetry write timestamps, to the
// millisecond.
func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// bindSelf binds what the recorder says of itself: the values that it made
// _OTHER and the measurements that it refused.
func (r *Recorder) bindSelf() {
	for a := range r.collapsed {
		r.collapsed[a] = r.bind(r.inst.collapsedValues.Inst(), semconv.SDKAttribute(a).Attr())
	}
	for j := range r.rejected {
		r.rejected[j] = r.bind(r.inst.rejectedMeasurements.Inst(), semconv.SDKRejection(j).Attr())
	}
	zero(r.collapsed[1:]...) // 0 is _OTHER, which an SDK's own enum never gives
	zero(r.rejected[1:]...)
}

// collapse counts one value of an attribute that became _OTHER.
func (r *Recorder) collapse(ctx context.Context, a semconv.SDKAttribute) {
	r.collapsed[a].add(ctx, 1)
}

// reject counts one measurement that was refused.
func (r *Recorder) reject(ctx context.Context, why semconv.SDKRejection) {
	r.rejected[why].add(ctx, 1)
}

// open reports whether the recorder still takes measurements; one that comes
// after Shutdown is refused and counted.
func (r *Recorder) open(ctx context.Context) bool {
	if r.closed.Load() {
		r.reject(ctx, semconv.SDKRejectionAfterShutdown)
		return false
	}
	return true
}

// enum counts v if it is _OTHER and returns it; a value outside its enum, which
// only a conversion can make, becomes _OTHER first.
func enum[E ~uint8](ctx context.Context, r *Recorder, v, end E, a semconv.SDKAttribute) E {
	if v == 0 || v >= end {
		r.collapse(ctx, a)
		return 0
	}
	return v
}

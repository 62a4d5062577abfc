// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
)

// receipt is what the transport noticed about one request. The exporters
// beneath return text alone, so it is noted where the answer comes in, which
// the context leads to.
type receipt struct {
	kind     string // of the failure: a gRPC code or a class of HTTP statuses
	passing  bool   // the failure may pass, so the same data may be sent again
	tooLarge bool
	rejected int64
	message  string // of a partial success or a warning
}

type receiptKey struct{}

func withReceipt(ctx context.Context, r *receipt) context.Context {
	return context.WithValue(ctx, receiptKey{}, r)
}

// receiptOf returns the receipt to fill in, one that nobody reads if need be.
func receiptOf(ctx context.Context) *receipt {
	if r, ok := ctx.Value(receiptKey{}).(*receipt); ok {
		return r
	}
	return &receipt{}
}

// accept notes a partial success and takes it out of the response, since it is
// no failure of the transport.
func (r *receipt) accept(resp *colpb.ExportMetricsServiceResponse) {
	*r = receipt{
		rejected: max(0, resp.GetPartialSuccess().GetRejectedDataPoints()),
		message:  resp.GetPartialSuccess().GetErrorMessage(),
	}
	resp.PartialSuccess = nil
}

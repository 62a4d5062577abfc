// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// client sends what it is given over one protocol.
//
// The exporters of OpenTelemetry read OTEL_* variables by themselves before
// they look at their options. So every setting is passed to them in so many
// words, and the connection is ours: a variable that happens to be set decides
// nothing.
type client struct {
	sdkmetric.Exporter

	wake  func()       // called before a push, after a pause
	close func() error // frees the connections
}

// Requests are retried within their timeout; beyond it the next push does.
const (
	retryFirst   = 500 * time.Millisecond
	retryLongest = 5 * time.Second
)

// retryMost is the longest pause between two tries: no longer than that between
// two pushes, so that one that waits for the collector is not what delays the
// data when it is back.
func (s settings) retryMost() time.Duration {
	return max(retryFirst, min(retryLongest, s.interval))
}

func newClient(s settings) (client, error) {
	if s.target.protocol == ProtocolHTTP {
		return newHTTPClient(s)
	}
	return newGRPCClient(s)
}

func (s settings) temporality() sdkmetric.TemporalitySelector {
	if s.delta {
		return sdkmetric.DeltaTemporalitySelector
	}
	return sdkmetric.CumulativeTemporalitySelector
}

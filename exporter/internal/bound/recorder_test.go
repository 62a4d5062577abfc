// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// observed are the metrics of package instrument that only a callback can show.
var observed = []string{"auth.service.active", "auth.service.status"}

// eachCall is a provider without callbacks. There, package instrument writes
// every event into the SDK's instruments at once: what all else must equal.
type eachCall struct{ metric.MeterProvider }

func (p eachCall) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return callMeter{p.MeterProvider.Meter(name, opts...)}
}

type callMeter struct{ metric.Meter }

func (callMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return noop.Registration{}, nil
}

// duration chooses one of those whose sums are exact.
func (s *script) duration() time.Duration {
	return time.Duration(s.choose(256)-1) * (time.Second / 16)
}

func (s *script) err() error {
	return []error{
		nil, instrument.Failure(semconv.ReasonInvalidCredentials), instrument.Failure(semconv.ReasonExpired),
		instrument.Error(semconv.ErrorTypeTimeout), errors.New("unknown"), instrument.ErrNoCredential,
	}[s.choose(6)]
}

// FuzzRecorder runs one program on a Recorder whose events go into the SDK one by
// one, on one with the SDK's own MeterProvider, where counters are drained, and on
// one whose histograms bind besides.
//
//	go test ./exporter/internal/bound -run '^$' -fuzz FuzzRecorder -fuzztime 10m
func FuzzRecorder(f *testing.F) {
	seeds(f, 60)
	f.Fuzz(func(t *testing.T, program []byte) {
		s := &script{program}
		c := s.setup(append(viewsOf("auth.authentication.duration", "auth.authorization.duration"),
			named("auth.authentication.attempts", sdkmetric.Stream{Name: "logins"}),
			named("auth.authentication.attempts", sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})))
		worlds := []*world{newWorld(t, c, false), newWorld(t, c, false), newWorld(t, c, true)}
		recorders := make([]*instrument.Recorder, len(worlds))
		for i, w := range worlds {
			mp := metric.MeterProvider(w)
			if i == 0 {
				mp = eachCall{w}
			}
			// A view that does not fit leaves its instrument out, in each world alike.
			recorders[i], _ = instrument.New(instrument.WithMeterProvider(mp), instrument.WithServices("api", "web"))
		}
		for len(s.rest) > 0 && !t.Failed() {
			service := []string{"api", "web", "_OTHER"}[s.choose(3)]
			ctx, err, d := s.context(), s.err(), s.duration()
			method, token := semconv.Method(s.choose(3)), semconv.TokenType(s.choose(3))
			op, reader := s.choose(12), s.choose(len(c.deltas))
			for _, rec := range recorders {
				svc := rec.Service(service)
				switch op {
				case 0, 1, 2, 3:
					svc.Authentication(method).Record(ctx, d, err)
				case 4, 5:
					svc.TokenVerification(token).Record(ctx, d, err)
				case 6:
					svc.Authentication(method).Count(ctx, err)
				case 7:
					svc.Register(ctx)
				case 8:
					svc.Deregister(ctx)
				case 9:
					// Rarely, and not with deltas: only the first world has zeros left that its
					// callback would have shown.
					if reader == 2 && !slices.Contains(c.deltas, true) {
						_ = rec.Shutdown(ctx)
					}
				}
			}
			if op > 9 {
				same(t, worlds, reader, observed...)
			}
		}
		for reader := range c.deltas {
			same(t, worlds, reader, observed...)
		}
	})
}

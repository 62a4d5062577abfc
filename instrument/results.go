// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// results is a counter bound to every result of one thing, for the metrics that
// tell the result alone.
type results [semconv.NumResult]*cell

// bindResults binds them, and with show shows at zero the three results that everything
// can have.
func bindResults(s *Service, inst adder, show bool, attrs ...attribute.KeyValue) results {
	var rs results
	for r := range rs {
		rs[r] = s.rec.drain.bind(inst, with(attrs, semconv.Result(r).Attr())...)
	}
	if show {
		zero(rs[semconv.ResultSuccess], rs[semconv.ResultFailure], rs[semconv.ResultError])
	}
	return rs
}

func (rs *results) count(ctx context.Context, o outcome) { rs[o.result].add(ctx, 1) }

// ownWork reads the outcome of work that no caller has a part in, such as a
// rotation or a key-set fetch: there, an error that nobody knows is trouble of
// ours and not a caller's failure.
func (o outcome) ownWork() outcome {
	if o == unknown {
		return outcome{result: semconv.ResultError, errorType: semconv.ErrorTypeOther}
	}
	return o
}

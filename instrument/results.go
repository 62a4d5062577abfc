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
		rs[r] = s.rec.bind(inst, with(attrs, semconv.Result(r).Attr())...)
	}
	if show {
		zero(rs[semconv.ResultSuccess], rs[semconv.ResultFailure], rs[semconv.ResultError])
	}
	return rs
}

func (rs *results) count(ctx context.Context, o Outcome) { rs[o.Result].add(ctx, 1) }

// errorTypes is a counter bound to every type of error of one thing.
type errorTypes [semconv.NumErrorType]*cell

// bindErrorTypes binds them and shows them at zero.
func bindErrorTypes(s *Service, inst adder, attrs ...attribute.KeyValue) errorTypes {
	var es errorTypes
	for t := range es {
		es[t] = s.rec.bind(inst, with(attrs, semconv.ResultError.Attr(), semconv.ErrorType(t).Attr())...)
	}
	zero(es[:]...)
	return es
}

// count counts one error, and a type that nobody knows as collapsed.
func (es *errorTypes) count(ctx context.Context, r *Recorder, t semconv.ErrorType) {
	es[t].add(ctx, 1)
	if t == semconv.ErrorTypeOther {
		r.collapse(ctx, semconv.SDKAttributeErrorType)
	}
}

// ownWork reads the outcome of work that no caller has a part in, such as a
// rotation or a key-set fetch: there, an error that nobody knows is trouble of
// ours and not a caller's failure.
func (o Outcome) ownWork() Outcome {
	if o == unknown {
		return Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorTypeOther}
	}
	return o
}

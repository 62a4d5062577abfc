// SPDX-License-Identifier: Apache-2.0

package instrument

import "github.com/datapunk/otelauth/semconv"

// WithDefault returns err, saying also what it comes to if neither err itself, nor a
// mapper, nor the standard library knows more. The outcome is [Failure], [Error],
// [ErrNoCredential], [ErrBypassed], or nil for success; any other error stands for a
// failure for the reason _OTHER. It is for code that knows where an error comes from
// and what it usually means there, such as an interceptor around handlers, most of
// whose errors say nothing of authentication. A gRPC status in err is then not
// looked at; [GRPCOutcome] makes an outcome of its code. The text and the chain of
// err are kept. A nil err stays nil.
func WithDefault(err, outcome error) error {
	if err == nil {
		return nil
	}
	return &defaulted{err, outcome}
}

type defaulted struct {
	error
	outcome error
}

func (d *defaulted) Unwrap() error { return d.error }

// otherwise is the outcome of an error of which nothing else is known: the
// outermost default in its tree, if any.
func (f *findings) otherwise() Outcome {
	if f.fallback == nil {
		return unknown
	}
	if f.fallback.outcome == nil {
		return Outcome{Result: semconv.ResultSuccess}
	}
	if o, ok, _ := said(f.fallback.outcome); ok {
		return o
	}
	return unknown
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import "github.com/datapunk/otelauth/semconv"

// WithDefault returns err, saying also what it comes to where nothing else is
// known of it: neither what it says of itself, nor a mapper, nor its gRPC status,
// nor the standard library tells. The outcome is [Failure], [Error],
// [ErrNoCredential], [ErrBypassed], or nil for success; any other error leaves it
// a failure for the reason _OTHER. It is for code that knows where an error comes
// from and not what it is, such as an interceptor around handlers whose errors
// mostly say nothing of authentication. The text and the chain of err are kept. A
// nil err stays nil.
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
func (f *findings) otherwise() outcome {
	if f.fallback == nil {
		return unknown
	}
	if f.fallback.outcome == nil {
		return outcome{result: semconv.ResultSuccess}
	}
	if o, ok, _ := said(f.fallback.outcome); ok {
		return o
	}
	return unknown
}

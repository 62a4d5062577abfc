// SPDX-License-Identifier: Apache-2.0

package instrument

import "github.com/datapunk/otelauth/semconv"

// classify turns an error into an outcome, in this order: nil is success; what
// the error says of itself ([Failure], [Error], [Reasoner]); what a mapper says
// of it; its gRPC status; the standard library's errors, which are an error and
// never a failure; anything else is a failure for the reason _OTHER. [WithDefault]
// takes the place of the status and of the end. Nothing of the error's text is looked
// at, since a client may have written it.
func (r *Recorder) classify(err error) Outcome {
	if err == nil {
		return Outcome{Result: semconv.ResultSuccess}
	}
	switch v := err.(type) { //nolint:errorlint // the common case, without a walk
	case *refusal:
		return v.Outcome
	case *verdict:
		return v.Outcome
	}
	return r.classifyTree(err)
}

func (r *Recorder) classifyTree(err error) (o Outcome) {
	defer func() {
		// An error's own methods and the mappers are not our code, and a
		// login must not fail by what they do.
		if recover() != nil {
			o = unknown
		}
	}()
	o, ok, left := said(err)
	if ok {
		return o
	}
	if left == 0 {
		return unknown // a tree without an end, in which nobody else must get lost
	}
	for _, m := range r.mappers {
		if o, ok, _ := said(m(err)); ok {
			return o
		}
	}
	var f findings
	walk(err, maxErrors, f.look)
	if f.hasStatus {
		return f.status
	}
	if t, ok := f.standard.errorType(); ok {
		o = Outcome{Result: semconv.ResultError, ErrorType: t}
		if f.standard == badCertificate {
			// crypto/tls says of a server's that it was in a handshake. One that we
			// checked ourselves, as one in a token, was brought by the client.
			o = clientCertificate(err, o)
		}
		return o
	}
	return f.otherwise()
}

// unknown is the outcome of an error that nobody knows.
var unknown = Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonOther}

// findings are what a tree of errors tells that says nothing of itself, found in
// one walk: an attacker may cause an error that nobody knows at will.
type findings struct {
	status    Outcome // of gRPC
	hasStatus bool
	standard  troubles
	fallback  *defaulted
}

// look looks at one error. None ends the walk, since one further on may be of a
// kind that goes first.
func (f *findings) look(err error) (stop bool) {
	if d, ok := err.(*defaulted); ok && f.fallback == nil { //nolint:errorlint // one error of a walk
		f.fallback = d // whoever gave it knows what the status inside means there
	}
	if !f.hasStatus && f.fallback == nil {
		f.status, f.hasStatus = grpcStatus(err)
	}
	f.standard |= standardTrouble(err)
	return false
}

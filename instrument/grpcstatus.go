// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"reflect"
	"sync"

	"github.com/datapunk/otelauth/semconv"
)

// Codes of gRPC, as its protocol numbers them.
const (
	grpcCanceled          = 1
	grpcUnknown           = 2
	grpcDeadlineExceeded  = 4
	grpcPermissionDenied  = 7
	grpcResourceExhausted = 8
	grpcUnimplemented     = 12
	grpcInternal          = 13
	grpcUnavailable       = 14
	grpcDataLoss          = 15
	grpcUnauthenticated   = 16
)

// GRPCOutcome returns what the code of a gRPC status says of an attempt, as an
// error that every call that records takes: [Failure] for Unauthenticated,
// PermissionDenied and ResourceExhausted, [Error] for what says that a server is in
// trouble, the call was canceled or time ran out. It is nil for OK and for the codes
// that say nothing of an attempt, such as NotFound. Connect has the same codes.
func GRPCOutcome(code uint32) error {
	o, ok := grpcOutcome(uint64(code))
	switch {
	case !ok:
		return nil
	case o.Result == semconv.ResultFailure:
		return Failure(o.Reason)
	}
	return Error(o.ErrorType)
}

// grpcOutcome says what a gRPC status code means. The codes that say nothing of
// an attempt, such as NotFound, are not known here; nor is OK, since an error
// that claims to be none contradicts itself and must not pass for a success.
func grpcOutcome(code uint64) (Outcome, bool) {
	failure := func(r semconv.Reason) (Outcome, bool) {
		return Outcome{Result: semconv.ResultFailure, Reason: r}, true
	}
	trouble := func(t semconv.ErrorType) (Outcome, bool) {
		return Outcome{Result: semconv.ResultError, ErrorType: t}, true
	}
	switch code {
	case grpcUnauthenticated:
		return failure(semconv.ReasonInvalidCredentials)
	case grpcPermissionDenied:
		return failure(semconv.ReasonPolicyDenied)
	case grpcResourceExhausted:
		return failure(semconv.ReasonRateLimited)
	case grpcCanceled:
		return trouble(semconv.ErrorTypeCanceled)
	case grpcDeadlineExceeded:
		return trouble(semconv.ErrorTypeTimeout)
	case grpcUnavailable:
		return trouble(semconv.ErrorTypeUnavailable)
	case grpcInternal, grpcUnknown, grpcDataLoss, grpcUnimplemented:
		return trouble(semconv.ErrorTypeInternal)
	}
	return Outcome{}, false
}

// grpcStatus returns what the gRPC status that err bears means, if it bears a
// telling one.
func grpcStatus(err error) (Outcome, bool) {
	code, ok := grpcCode(err)
	if !ok {
		return Outcome{}, false
	}
	return grpcOutcome(code)
}

// grpcCode returns the code of an error that has the method which gRPC itself
// asks errors for, GRPCStatus() *status.Status. That type cannot be named in an
// interface without importing gRPC, which this package must not bring into a
// program that has none; so the method is looked up by name and shape, and
// called only where both fit. The names are constants, by which the linker still
// drops the methods that nobody calls. What the methods panic with is caught by
// classifyTree, which calls this only for errors that nothing else knew.
func grpcCode(err error) (code uint64, ok bool) {
	if !hasGRPCStatus(reflect.TypeOf(err)) {
		return 0, false
	}
	status, ok := returned(reflect.ValueOf(err).MethodByName("GRPCStatus"))
	if !ok {
		return 0, false
	}
	switch status.Kind() {
	case reflect.Pointer, reflect.Interface:
		if status.IsNil() {
			return 0, false
		}
	}
	v, ok := returned(status.MethodByName("Code"))
	if !ok || v.Kind() != reflect.Uint32 {
		return 0, false
	}
	return v.Uint(), true
}

// statusTypes remembers which types of errors have a method GRPCStatus: looking a
// method up by name costs more than all else. A program has few types of errors.
var statusTypes sync.Map // of reflect.Type to bool

func hasGRPCStatus(t reflect.Type) bool {
	if has, ok := statusTypes.Load(t); ok {
		return has.(bool)
	}
	_, has := t.MethodByName("GRPCStatus")
	statusTypes.Store(t, has)
	return has
}

// returned calls a method that takes nothing and returns one value, if m is one.
func returned(m reflect.Value) (reflect.Value, bool) {
	if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 {
		return reflect.Value{}, false
	}
	return m.Call(nil)[0], true
}

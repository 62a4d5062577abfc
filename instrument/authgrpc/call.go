// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// call is an RPC of a server. It holds all that an interceptor needs for one, so
// that they cost one allocation together.
type call struct {
	grpc.ServerStream // of a streaming RPC, whose context is that of the call

	interceptor *ServerInterceptor
	pending     instrument.Pending
	ctx         context.Context // lives as long as the RPC
	missing     bool            // a credential, without which there is no success
	returned    bool            // the handler did, without a panic
	err         error
}

// Context lets [instrument.Fail] find the call.
func (c *call) Context() context.Context { return c.ctx }

// end records the call. A panic is not caught: the stack is then still the handler's.
func (c *call) end() {
	c.pending.End(c.outcome())
}

// outcome is the order of precedence that the package documentation gives. What
// the error says of itself, the mappers and the telling codes are left to the handle.
func (c *call) outcome() error {
	if err := c.pending.Err(); err != nil {
		return err
	}
	if !c.returned {
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	var silent error // what a code that says nothing comes to
	if c.missing {
		silent = instrument.ErrNoCredential
	}
	if c.err == nil {
		return silent
	}
	outcome := silent
	switch code, known := codeOf(c.err); {
	case !known:
		outcome = c.trouble()
	case code == codes.Unauthenticated && !c.interceptor.bears(c.ctx):
		outcome = instrument.ErrNoCredential
	case isTrouble(code) && c.ctx.Err() != nil:
		outcome = c.trouble()
	case instrument.GRPCOutcome(uint32(code)) != nil:
		outcome = instrument.GRPCOutcome(uint32(code))
	}
	return instrument.WithDefault(c.err, outcome)
}

// trouble is why an RPC failed of which no more is known.
func (c *call) trouble() error {
	if err := c.ctx.Err(); err != nil {
		return instrument.ErrorOf(err, semconv.ErrorTypeCanceled)
	}
	return instrument.Error(semconv.ErrorTypeInternal)
}

// isTrouble reports whether the end of the context may be what lies behind the code.
func isTrouble(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.Internal, codes.Unknown, codes.DataLoss, codes.Unimplemented:
		return true
	}
	return false
}

// codeOf returns the code that gRPC finds in an error of a handler, by the same
// search, and whether there is one; an error that claims to be OK has none. Errors'
// own methods are not our code, so that what they panic with stays here.
func codeOf(err error) (code codes.Code, known bool) {
	defer func() {
		if recover() != nil {
			known = false
		}
	}()
	e, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err)
	if !ok {
		return codes.Unknown, false
	}
	code = e.GRPCStatus().Code()
	return code, code != codes.OK
}

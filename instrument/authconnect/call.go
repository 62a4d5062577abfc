// SPDX-License-Identifier: Apache-2.0

package authconnect

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// call is an RPC of a handler.
type call struct {
	pending  instrument.Pending
	ctx      context.Context // lives as long as the RPC
	bears    bool            // any credential
	needed   bool            // without which there is no success
	returned bool            // the handler did, without a panic
	err      error
}

// end records the call. A panic is not caught: the stack is then still the handler's.
func (c *call) end() {
	c.pending.End(c.outcome())
}

// outcome is the order of precedence that the package documentation gives. What the
// error says of itself and the mappers are left to the handle.
func (c *call) outcome() error {
	if err := c.pending.Err(); err != nil {
		return err
	}
	if !c.returned {
		return instrument.Error(semconv.ErrorTypeInternal)
	}
	var silent error // what a code that says nothing comes to
	if c.needed && !c.bears {
		silent = instrument.ErrNoCredential
	}
	if c.err == nil {
		return silent
	}
	outcome := silent
	switch code, _ := codeOf(c.err); {
	case code == connect.CodeUnauthenticated && !c.bears:
		outcome = instrument.ErrNoCredential
	case isTrouble(code) && c.ctx.Err() != nil:
		outcome = instrument.ErrorOf(c.ctx.Err(), semconv.ErrorTypeCanceled)
	case instrument.GRPCOutcome(uint32(code)) != nil:
		outcome = instrument.GRPCOutcome(uint32(code))
	}
	return instrument.WithDefault(c.err, outcome)
}

// isTrouble reports whether the end of the context may be what lies behind the code.
func isTrouble(code connect.Code) bool {
	switch code {
	case connect.CodeUnavailable, connect.CodeInternal, connect.CodeUnknown, connect.CodeDataLoss, connect.CodeUnimplemented:
		return true
	}
	return false
}

// codeOf returns the code of an error, and whether it has one: [connect.CodeUnknown]
// if not, and 0 for an answer that was not modified, which is no error but by form.
// Errors' own methods are not our code, so that what they panic with stays here.
func codeOf(err error) (code connect.Code, known bool) {
	defer func() {
		if recover() != nil {
			code, known = connect.CodeUnknown, false
		}
	}()
	if connect.IsNotModifiedError(err) {
		return 0, true
	}
	e, ok := errors.AsType[*connect.Error](err)
	return e.Code(), ok // unknown if e is nil
}

// SPDX-License-Identifier: Apache-2.0

package instrumenttest_test

import (
	"context"
	"fmt"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// login is the code under test.
func login(ctx context.Context, rec *instrument.Recorder, user, password string) (err error) {
	defer rec.Service("api").Authentication(semconv.MethodPassword).Start().Done(ctx, &err)
	if user != "alice" || password != "correct horse" {
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	}
	return nil
}

func Example() {
	var t printT // in a test: t *testing.T

	rec, got := instrumenttest.New(t)
	_ = login(context.Background(), rec, "alice", "hunter2")
	_ = login(context.Background(), rec, "alice", "correct horse")

	got.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonInvalidCredentials))
	got.WantAttempts(1, semconv.MethodPassword, nil)
	got.WantNothingElse()
	got.WantNowhere("alice", "hunter2", "correct horse")
	fmt.Println("done")
	// Output:
	// done
}

// A failure shows what was wanted and what there is.
func ExampleGot_WantAttempts() {
	var t printT

	rec, got := instrumenttest.New(t)
	_ = login(context.Background(), rec, "alice", "hunter2")

	got.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonLocked))
	// Output:
	// auth.authentication.attempts{auth.failure.reason=locked auth.method=password auth.result=failure}: got 0, want 1
	// nearest:
	// 	1  auth.authentication.attempts{auth.failure.reason=invalid_credentials auth.method=password auth.result=failure auth.service.name=api}
}

// A user's name must not become the name of a service.
func ExampleGot_WantNowhere() {
	var t printT

	rec, got := instrumenttest.New(t)
	rec.Service("shop-of-alice").Sessions().Adjust(context.Background(), 1)

	got.WantNowhere("Alice")
	// Output:
	// WantNowhere: secret 1 is exported as it is in the value of auth.service.name of auth.session.active
	// WantNowhere: secret 1 is exported as it is in the value of auth.service.name of auth.session.operations
}

// One service at a time, and any metric by its name.
func ExampleGot_Service() {
	var t printT

	rec, got := instrumenttest.New(t)
	ctx := context.Background()
	rec.Service("api").Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
	rec.Service("billing").Sessions().Count(ctx, semconv.SessionOperationCreate, nil)

	api := got.Service("api")
	api.WantSessionOperations(1, semconv.SessionOperationCreate, nil)
	api.Want("auth.session.active", 1)
	api.WantNothingElse()
	got.WantNothingElse()
	// Output:
	// recorded, but not wanted:
	// 	1  auth.session.active{auth.service.name=billing}
	// 	1  auth.session.operations{auth.result=success auth.service.name=billing auth.session.operation=create}
}

// SPDX-License-Identifier: Apache-2.0

// Package instrumenttest asserts in a test what a service has recorded.
//
//	func TestLogin(t *testing.T) {
//		rec, got := instrumenttest.New(t)
//		login := NewLogin(rec) // the code under test
//		_ = login(t.Context(), "alice", "hunter2")
//
//		got.WantAttempts(1, semconv.MethodPassword, instrument.Failure(semconv.ReasonInvalidCredentials))
//		got.WantNothingElse()
//		got.WantNowhere("alice", "hunter2")
//	}
//
// The metrics are those of the real SDK, so what is asserted is what would be
// exported. The package imports the SDK; import it from tests alone.
package instrumenttest

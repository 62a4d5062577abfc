// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

// BenchmarkClassify is the price of an error that says nothing of itself, which
// an attacker can cause at will.
func BenchmarkClassify(b *testing.B) {
	rec, err := New()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
	}{
		{"failure", Failure(semconv.ReasonExpired)},
		{"wrapped", fmt.Errorf("login: %w", Failure(semconv.ReasonExpired))},
		{"unknown", errors.New("no such user")},
		{"unknown_wrapped", fmt.Errorf("login: %w", errors.New("no such user"))},
		{"canceled", fmt.Errorf("login: %w", context.Canceled)},
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rec.classify(c.err)
			}
		})
	}
}

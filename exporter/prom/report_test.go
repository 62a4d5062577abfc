// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"log/slog"
	"slices"
	"testing"
	"time"
)

func TestReporter(t *testing.T) {
	var got reports
	r := newReporter(time.Hour)
	r.handle = got.handle
	r.errorf("a", "first %d", 1)
	r.errorf("a", "second")
	r.errorf("b", "forged\r\nline")
	r.logger().Println("http: TLS handshake error\n from x")
	r.slogger().Info("Listening on")
	r.slogger().With("k", "v").WithGroup("g").Error("Unable to parse", "err", "x\ny")
	want := []string{
		"prom: first 1",
		`prom: "forged\r\nline"`,
		`prom: "http: TLS handshake error\n from x"`,
		`prom: Unable to parse err="x\ny"`,
	}
	if !slices.Equal(got.all(), want) {
		t.Errorf("got %q\nwant %q", got.all(), want)
	}
}

func TestReporterGoesOnAfterTheInterval(t *testing.T) {
	var got reports
	r := newReporter(0)
	r.handle = got.handle
	r.errorf("a", "1")
	r.errorf("a", "2")
	if want := []string{"prom: 1", "prom: 2"}; !slices.Equal(got.all(), want) {
		t.Errorf("got %q, want %q", got.all(), want)
	}
}

func TestOnlyFaultsAreReported(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelDebug: false, slog.LevelInfo: false, slog.LevelWarn: true, slog.LevelError: true} {
		if got := newReporter(0).slogger().Enabled(t.Context(), level); got != want {
			t.Errorf("%v: got %v, want %v", level, got, want)
		}
	}
}

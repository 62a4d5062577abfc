// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// A reporter passes faults to OpenTelemetry's error handler, at most one of a
// kind in each interval: whoever can connect can cause them at will.
type reporter struct {
	interval time.Duration
	handle   func(error)

	mu   sync.Mutex
	last map[string]time.Time
}

func newReporter(interval time.Duration) *reporter {
	return &reporter{interval: interval, handle: otel.Handle, last: map[string]time.Time{}}
}

func (r *reporter) errorf(kind, format string, args ...any) {
	r.mu.Lock()
	now := time.Now()
	if last, ok := r.last[kind]; ok && now.Sub(last) < r.interval {
		r.mu.Unlock()
		return
	}
	r.last[kind] = now
	r.mu.Unlock()
	r.handle(fmt.Errorf("prom: %s", oneLine(fmt.Sprintf(format, args...))))
}

// oneLine keeps a client from writing lines of its own into a log.
func oneLine(s string) string {
	s = strings.TrimRight(s, "\n")
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// logger is for net/http, which logs what clients do wrong.
func (r *reporter) logger() *log.Logger { return log.New(serverLog{r}, "", 0) }

type serverLog struct{ report *reporter }

func (l serverLog) Write(b []byte) (int, error) {
	l.report.errorf("server", "%s", b)
	return len(b), nil
}

// slogger is for exporter-toolkit, which also logs that all is well.
func (r *reporter) slogger() *slog.Logger { return slog.New(toolkitLog{r}) }

type toolkitLog struct{ report *reporter }

func (toolkitLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (l toolkitLog) WithAttrs([]slog.Attr) slog.Handler             { return l }
func (l toolkitLog) WithGroup(string) slog.Handler                  { return l }

func (l toolkitLog) Handle(_ context.Context, rec slog.Record) error {
	text := rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%q", a.Key, a.Value.String())
		return true
	})
	l.report.errorf("web configuration", "%s", text)
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"go.opentelemetry.io/otel"
)

const reportEvery = time.Minute

// reporter hands what goes wrong behind everyone's back to the handler of
// OpenTelemetry, at most once a minute for each kind. Kinds are few.
type reporter struct {
	now    func() time.Time
	handle func(error)

	mu     sync.Mutex
	owner  string // what every report begins with
	noted  map[string]note
	hidden []string // never shown
}

type note struct {
	shown    time.Time
	withheld int
}

func newReporter() *reporter {
	return &reporter{now: time.Now, handle: otel.Handle, noted: map[string]note{}}
}

// name sets what reports begin with, and which values of headers no text may
// show, even where the collector sends them back.
func (r *reporter) name(owner string, headers map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner = owner
	for _, value := range headers {
		for _, part := range append([]string{value}, strings.Fields(value)...) {
			if len(part) >= 6 { // shorter ones would tear up words that mean nothing
				r.hidden = append(r.hidden, part)
			}
		}
	}
}

// report does nothing for nil.
func (r *reporter) report(kind string, err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	n, now := r.noted[kind], r.now()
	if !n.shown.IsZero() && now.Sub(n.shown) < reportEvery {
		n.withheld++
		r.noted[kind] = n
		r.mu.Unlock()
		return
	}
	r.noted[kind] = note{shown: now}
	owner := r.owner
	r.mu.Unlock()

	text := r.clean(err.Error())
	if !strings.HasPrefix(text, owner) {
		text = owner + ": " + text
	}
	if n.withheld > 0 {
		text += fmt.Sprintf(" (%d more like this since the last report)", n.withheld)
	}
	r.handle(&reportedError{text: text, err: err})
}

// clean makes a text that came from elsewhere fit for one line of a log.
func (r *reporter) clean(s string) string {
	r.mu.Lock()
	hidden := r.hidden
	r.mu.Unlock()
	for _, h := range hidden {
		s = strings.ReplaceAll(s, h, "(hidden)")
	}
	const longest = 600
	var b strings.Builder
	for _, c := range s {
		if b.Len() >= longest {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(c) {
			b.WriteRune(c)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
	}
	return b.String()
}

// reportedError is an error as the log shows it.
type reportedError struct {
	text string
	err  error
}

func (e *reportedError) Error() string { return e.text }
func (e *reportedError) Unwrap() error { return e.err }

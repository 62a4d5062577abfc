// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress shows on a terminal how far the replay is. Anywhere else it is silent.
type progress struct {
	w      io.Writer // nil: silent
	events int
	shown  time.Time
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok {
		return &progress{}
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{w: w}
}

// step counts an event at its time on the log's clock.
func (p *progress) step(at time.Time) {
	p.events++
	if p.w == nil || p.events%256 != 0 || time.Since(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.w, "\r%d events, %s\x1b[K", p.events, at.UTC().Format(time.DateTime))
}

// done clears the line.
func (p *progress) done() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/anomaly"
	"github.com/datapunk/otelauth/semconv"
)

// watch is the detector of a replay and what it found. It runs inline, on the log's clock, so that two replays of
// the same files give the same findings.
type watch struct {
	*anomaly.Detector
	plain   bool
	current *event // the one that is recorded now
	out     *bufio.Writer
	file    *os.File // nil: findings are counted only
	err     error
	found   map[foundKey]int
}

type foundKey struct {
	kind     semconv.AnomalyKind
	severity semconv.AnomalySeverity
}

// newWatch makes the detector. Names are hashed with a key made from the beginning of the logs: the same in every replay
// of them, and unknown to whoever gets the findings without the logs.
func newWatch(o options, sources []*source) (*watch, error) {
	w := &watch{plain: o.plain, found: make(map[foundKey]int)}
	key := sha256.New()
	for _, s := range sources {
		key.Write(s.head)
	}
	var err error
	w.Detector, err = anomaly.New(anomaly.Inline(), anomaly.WithKey(key.Sum(nil)), anomaly.WithFindingLimit(0),
		anomaly.WithCallback(w.add))
	if err != nil || o.findings == "" {
		return w, err
	}
	if w.file, err = os.Create(o.findings); err != nil {
		return w, err
	}
	w.out = bufio.NewWriter(w.file)
	return w, nil
}

// finding is one line of the findings.
type finding struct {
	Time     string `json:"ts"`
	Kind     string `json:"kind"`
	Service  string `json:"service"`
	Source   string `json:"src,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Severity string `json:"severity"`
	Count    int    `json:"count"`
}

// add is called while an event is recorded, which is the one that the finding was raised at.
func (w *watch) add(f anomaly.Finding) {
	w.found[foundKey{f.Kind, f.Severity}]++
	if w.out == nil || w.err != nil {
		return
	}
	line := finding{
		Time: f.Time.Format(time.RFC3339Nano), Kind: f.Kind.String(), Service: f.Service,
		Source: f.Source.String(), Subject: f.Subject.String(), Severity: f.Severity.String(), Count: f.Count,
	}
	if w.plain {
		if f.Source != 0 {
			line.Source = w.current.source
		}
		if f.Subject != 0 {
			line.Subject = w.current.subject
		}
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = w.out.Write(append(text, '\n'))
	}
	w.err = err
}

// close ends the detector and writes what is left.
func (w *watch) close() error {
	err := errors.Join(w.err, w.Shutdown(context.Background()))
	if w.file != nil {
		err = errors.Join(err, w.out.Flush(), w.file.Close())
	}
	return err
}

// caller tells the observers who it was and when.
func (e *event) caller(ctx context.Context) context.Context {
	c := instrument.Caller{Subject: e.subject, Session: e.session, Time: e.time}
	if addr, err := netip.ParseAddr(e.source); err == nil {
		c.Source = addr.WithZone("")
	} else {
		c.Host = e.source
	}
	return instrument.WithCaller(ctx, c)
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// source reads the events of one file.
type source struct {
	name    string
	head    []byte   // its beginning
	file    *os.File // nil: standard input
	lines   lines
	decoder decoder

	ready []event // decoded and not yet taken
	taken int
	ended bool
	err   error // of the file itself; it ended there

	tally tally
}

// tally counts the lines of one file.
type tally struct {
	lines      int
	skipped    int
	unreadable int
	first      []complaint // the first few unreadable ones
}

// complaint says where a line was unreadable and why, never what it held.
type complaint struct {
	line int
	why  string
}

const maxComplaints = 5

// next returns the file's next event; ok is false at its end.
func (s *source) next() (e event, ok bool) {
	for s.taken == len(s.ready) {
		if s.ended {
			return event{}, false
		}
		s.ready, s.taken = s.ready[:0], 0
		s.advance(func(e event) { s.ready = append(s.ready, e) })
	}
	s.taken++
	return s.ready[s.taken-1], true
}

// advance decodes one line or, at the end, what the decoder held back.
func (s *source) advance(emit func(event)) {
	line, err := s.lines.next()
	switch {
	case err == nil && len(line) == 0:
		err = skipped
	case err == nil:
		err = s.decoder.decode(string(line), emit)
	case !errors.Is(err, tooLong):
		if !errors.Is(err, io.EOF) {
			s.err = fmt.Errorf("%s: %w", s.name, err)
		}
		s.ended = true
		s.decoder.flush(emit)
		return
	}
	s.tally.add(err)
}

func (t *tally) add(err error) {
	t.lines++
	switch {
	case err == nil:
	case errors.Is(err, skipped):
		t.skipped++
	default:
		t.unreadable++
		if len(t.first) < maxComplaints {
			t.first = append(t.first, complaint{t.lines, err.Error()})
		}
	}
}

func (s *source) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// merge gives the events of all sources in time order: of the next event of each, the earliest, and of equal ones the
// one of the earlier source. Every file is taken to be in order itself; where it is not, its lines come as they stand.
// Only one event of each file is held. It ends early when do returns an error, which it returns.
func merge(sources []*source, do func(event) error) error {
	type head struct {
		source *source
		event  event
	}
	var heads []head
	for _, s := range sources {
		if e, ok := s.next(); ok {
			heads = append(heads, head{s, e})
		}
	}
	for len(heads) > 0 {
		first := 0
		for i := range heads {
			if heads[i].event.time.Before(heads[first].event.time) {
				first = i
			}
		}
		if err := do(heads[first].event); err != nil {
			return err
		}
		e, ok := heads[first].source.next()
		if !ok {
			heads = slices.Delete(heads, first, first+1)
			continue
		}
		heads[first].event = e
	}
	return nil
}

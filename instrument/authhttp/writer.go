// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
)

// writer passes everything on and keeps the final status.
type writer struct {
	rw       http.ResponseWriter
	request  context.Context
	status   int // the final one, 0 before it was written
	hijacked bool
	ended    error // of the request's context, at the time when a 5xx was written
}

func (w *writer) wrote(status int) {
	// A 1xx is followed by the final status, save 101, which ends HTTP on the
	// connection.
	if w.status != 0 || status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	w.status = status
	if status >= http.StatusInternalServerError {
		w.ended = w.request.Err()
	}
}

func (w *writer) Header() http.Header { return w.rw.Header() }

func (w *writer) WriteHeader(status int) {
	w.wrote(status)
	w.rw.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	w.wrote(http.StatusOK)
	return w.rw.Write(p)
}

// WriteString needs no counterpart underneath: io.WriteString falls back to
// Write.
func (w *writer) WriteString(s string) (int, error) {
	w.wrote(http.StatusOK)
	return io.WriteString(w.rw, s)
}

// Unwrap leads http.ResponseController to what is underneath.
func (w *writer) Unwrap() http.ResponseWriter { return w.rw }

// The methods below are called only where the underlying writer has them.

func (w *writer) flush() error {
	w.wrote(http.StatusOK)
	if f, ok := w.rw.(interface{ FlushError() error }); ok {
		return f.FlushError()
	}
	w.rw.(http.Flusher).Flush()
	return nil
}

func (w *writer) hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := w.rw.(http.Hijacker).Hijack()
	if err == nil {
		w.hijacked = true
	}
	return conn, buf, err
}

func (w *writer) readFrom(r io.Reader) (int64, error) {
	w.wrote(http.StatusOK)
	return w.rw.(io.ReaderFrom).ReadFrom(r)
}

// A handler finds out by a type assertion what its writer can do, so there is a
// type for each combination. Each holds one pointer, and so does its interface
// value: no combination costs an allocation.
type (
	flusher             struct{ *writer }
	hijacker            struct{ *writer }
	readerFrom          struct{ *writer }
	flushHijacker       struct{ flusher }
	flushReaderFrom     struct{ flusher }
	hijackReaderFrom    struct{ hijacker }
	flushHijackReadFrom struct{ flushHijacker }
	flushPusher         struct{ flusher } // HTTP/2
)

func (w flusher) Flush()            { _ = w.flush() }
func (w flusher) FlushError() error { return w.flush() }

func (w hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error)      { return w.hijack() }
func (w flushHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

func (w readerFrom) ReadFrom(r io.Reader) (int64, error)          { return w.readFrom(r) }
func (w flushReaderFrom) ReadFrom(r io.Reader) (int64, error)     { return w.readFrom(r) }
func (w hijackReaderFrom) ReadFrom(r io.Reader) (int64, error)    { return w.readFrom(r) }
func (w flushHijackReadFrom) ReadFrom(r io.Reader) (int64, error) { return w.readFrom(r) }

func (w flushPusher) Push(target string, opts *http.PushOptions) error {
	return w.rw.(http.Pusher).Push(target, opts)
}

// wrapped returns the writer with the abilities of the one underneath:
// http.Flusher, http.Hijacker and io.ReaderFrom in any combination, and
// http.Pusher together with http.Flusher alone, as HTTP/2 has it. Deadlines and
// full duplex go by http.ResponseController.
func (w *writer) wrapped() http.ResponseWriter {
	const (
		flushes = 1 << iota
		hijacks
		readsFrom
	)
	var can int
	if _, ok := w.rw.(http.Flusher); ok {
		can |= flushes
	}
	if _, ok := w.rw.(http.Hijacker); ok {
		can |= hijacks
	}
	if _, ok := w.rw.(io.ReaderFrom); ok {
		can |= readsFrom
	}
	switch can {
	case flushes:
		if _, ok := w.rw.(http.Pusher); ok {
			return flushPusher{flusher{w}}
		}
		return flusher{w}
	case hijacks:
		return hijacker{w}
	case readsFrom:
		return readerFrom{w}
	case flushes | hijacks:
		return flushHijacker{flusher{w}}
	case flushes | readsFrom:
		return flushReaderFrom{flusher{w}}
	case hijacks | readsFrom:
		return hijackReaderFrom{hijacker{w}}
	case flushes | hijacks | readsFrom:
		return flushHijackReadFrom{flushHijacker{flusher{w}}}
	}
	return w
}

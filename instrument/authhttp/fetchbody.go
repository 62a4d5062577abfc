// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// maxBody is how many bytes of a body are kept for a check.
const maxBody = 1 << 20

// CheckBody returns a Fetch that does not count when an answer begins but when
// its body ends: read to the end, broken off, or closed by the client. A body that
// breaks off is the error unavailable, and what check returns for the rest counts
// as an error of the transport does: unavailable, unless it is known better. The
// client reads what it would have read without.
//
// check sees what the client has read and must not keep or change it. It is called
// for an answer of 2xx alone, once and before the client sees the end, also where
// the Fetch records nothing. It is not called for a body of more than 1 MiB, which
// counts as it is. Several fetches call it concurrently; a panic in it is the error
// internal. A nil check asks for the end of the body alone.
//
//	authhttp.KeySetFetch(api.KeySet(), match).CheckBody(func(body []byte) error { return parseKeys(body) })
func (f Fetch) CheckBody(check func(body []byte) error) Fetch {
	if check == nil {
		check = func([]byte) error { return nil }
	}
	if f.record == nil {
		f.record = func(context.Context, int, error) {}
	}
	f.check = check
	return f
}

// watchedBody tells once how the body of an answer ended. Its lock is needed
// because a client may close a body while another goroutine still reads it.
type watchedBody struct {
	io.ReadCloser
	check func([]byte) error
	ended func(error)

	mu   sync.Mutex
	read []byte
	long bool
	over bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.over:
		return n, err
	case len(b.read)+n > maxBody:
		b.read, b.long = nil, true
	case !b.long:
		b.read = append(b.read, p[:n]...)
	}
	switch {
	case errors.Is(err, io.EOF):
		b.end(nil)
	case err != nil:
		b.end(err)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.mu.Lock()
	b.end(nil)
	b.mu.Unlock()
	return b.ReadCloser.Close()
}

// end is called under the lock.
func (b *watchedBody) end(err error) {
	if b.over {
		return
	}
	b.over = true
	if err == nil && !b.long {
		err = b.checked()
	}
	b.read = nil
	b.ended(err)
}

func (b *watchedBody) checked() (err error) {
	defer func() {
		if recover() != nil {
			err = instrument.Error(semconv.ErrorTypeInternal)
		}
	}()
	return b.check(b.read)
}

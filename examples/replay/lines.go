// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is read, in bytes without its end.
const maxLine = 1 << 20

// lines reads a file line by line. A line above maxLine is passed over without being held in memory.
type lines struct {
	r   *bufio.Reader
	buf []byte
}

// next returns the next line without its end, valid until the next call, or tooLong in its place. After the last
// line it returns io.EOF.
func (l *lines) next() ([]byte, error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		long = long || len(l.buf)+len(part) > maxLine+len("\r\n")
		if !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case err != nil && len(l.buf) == 0 && !long:
			return nil, io.EOF
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r"))
		if long || len(line) > maxLine {
			return nil, tooLong
		}
		return line, nil
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"
)

const bufferSize = 64 << 10

// openSources opens all files, and none if one cannot be read.
func openSources(o options, stdin io.Reader) ([]*source, error) {
	var sources []*source
	var errs []error
	for _, name := range o.files {
		s, err := openSource(name, o, stdin)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sources = append(sources, s)
	}
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, closeSources(sources))...)
	}
	return sources, nil
}

func closeSources(sources []*source) error {
	var errs []error
	for _, s := range sources {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// openSource opens one of the files named on the command line; "-" is standard input.
func openSource(name string, o options, stdin io.Reader) (*source, error) {
	if name == "-" {
		return newSource("standard input", stdin, time.Now(), o)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err // it names the file
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s, err := newSource(name, f, info.ModTime(), o)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.file = f
	return s, nil
}

// newSource looks at the beginning of a file to learn whether it is compressed, whether it is text at all and, unless
// the format is given, what it holds.
func newSource(name string, r io.Reader, changed time.Time, o options) (*source, error) {
	br := bufio.NewReaderSize(r, bufferSize)
	if magic, _ := br.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		br = bufio.NewReaderSize(z, bufferSize)
	}
	head, err := peek(br)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if isBinary(head) {
		return nil, fmt.Errorf("%s: not text", name)
	}
	s := &source{name: name, head: bytes.Clone(head), lines: lines{r: br}}
	if o.format == formatJSONL || o.format == formatAuto && bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) {
		s.decoder = jsonl{}
	} else {
		s.decoder = &sshd{calendar{year: o.year, changed: changed}, connections{service: o.service}}
	}
	return s, nil
}

// peek returns what one read gives, at most 8 KiB, without a byte order mark. It does not wait for more: standard
// input may be a log that is still being written.
func peek(br *bufio.Reader) ([]byte, error) {
	if _, err := br.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	bom := []byte("\uFEFF")
	head, _ := br.Peek(br.Buffered())
	if bytes.HasPrefix(head, bom) {
		_, _ = br.Discard(len(bom))
		head = head[len(bom):]
	}
	return head[:min(len(head), 8<<10)], nil
}

// isBinary tells whether a file that begins like this is not text: it holds a NUL, or one byte in ten is a control
// character or no UTF-8. A log in Latin-1 passes.
func isBinary(head []byte) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	odd := 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		cut := len(head)-i < utf8.UTFMax && !utf8.FullRune(head[i:]) // the rest comes with the next read
		if (r == utf8.RuneError && n == 1 && !cut) || (r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\x1b') {
			odd++
		}
		i += n
	}
	return odd*10 > len(head)
}

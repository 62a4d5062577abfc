// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// write puts a file into the test's own directory.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zip(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A compressed log counts like a plain one, whatever its name.
func TestGzip(t *testing.T) {
	plain, err := os.ReadFile(filepath.Join("testdata", "classic.log"))
	if err != nil {
		t.Fatal(err)
	}
	o := options{files: []string{filepath.Join("testdata", "classic.log")}, format: formatAuto, service: "sshd", year: 2016}
	want, _ := recordFiles(t, o)
	for _, name := range []string{"auth.log.2.gz", "auth.log"} {
		o.files = []string{write(t, name, zip(t, plain))}
		got, _ := recordFiles(t, o)
		compare(t, name, counts(got), counts(want))
	}
}

func TestFormatByContent(t *testing.T) {
	for _, tt := range []struct {
		content, format string
		jsonl           bool
	}{
		{`{"ts":""}`, formatAuto, true},
		{"\n\n  {", formatAuto, true},
		{"\uFEFF{", formatAuto, true},
		{"Dec 10 06:55:48 host sshd[1]: {", formatAuto, false},
		{"", formatAuto, false},
		{"{", formatSSHD, false},
		{"Dec", formatJSONL, true},
	} {
		s, err := newSource("x", strings.NewReader(tt.content), time.Now(), options{format: tt.format})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := s.decoder.(jsonl); got != tt.jsonl {
			t.Errorf("%q as %s: %T", tt.content, tt.format, s.decoder)
		}
	}
}

func TestNotText(t *testing.T) {
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(i*37 | 1)
	}
	for name, content := range map[string][]byte{
		"an executable":          []byte("\x7fELF\x02\x01\x01\x00\x00"),
		"UTF-16":                 []byte("D\x00e\x00c\x00"),
		"random bytes":           random,
		"a compressed archive":   zip(t, append([]byte("name"), make([]byte, 512)...)),
		"a broken gzip header":   {0x1f, 0x8b, 0, 0},
		"gzip that ends at once": zip(t, []byte("Dec 10"))[:10],
	} {
		if _, err := newSource("the-file", bytes.NewReader(content), time.Now(), options{}); err == nil || !strings.Contains(err.Error(), "the-file") {
			t.Errorf("%s: error %v does not name the file", name, err)
		}
	}
	for name, content := range map[string]string{
		"Latin-1":              "Dec 10 06:55:48 host sshd[1]: Invalid user Andr\xe9 from 192.0.2.1 port 22",
		"a rune cut in two":    "{\"ts\":\"2025-10-03T14:09:32Z\",\"service\":\"caf\xc3",
		"a coloured log":       "\x1b[1mDec 10\x1b[0m 06:55:48 host sshd[1]: \tx\r\n",
		"nothing":              "",
		"a NUL far behind":     strings.Repeat("x", 10_000) + "\x00",
		"another alphabet":     "Пользователь ошибся паролем",
		"an unfinished letter": "é"[:1],
	} {
		if _, err := newSource("x", strings.NewReader(content), time.Now(), options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		in   string
		want []string // "!" for a line that is too long
	}{
		{"", nil},
		{"a\nb", []string{"a", "b"}},
		{"a\r\n\nb\n", []string{"a", "", "b"}},
		{long + "\n" + long + "\r\nb", []string{long, long, "b"}},
		{long + "x\nb\n", []string{"!", "b"}},
		{long + "xx\r\nb\n", []string{"!", "b"}},
		{long + long + long + "\nb", []string{"!", "b"}},
		{"a\n" + long + long, []string{"a", "!"}},
	}
	for _, tt := range tests {
		l := lines{r: bufio.NewReader(strings.NewReader(tt.in))}
		var got []string
		for {
			line, err := l.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if errors.Is(err, tooLong) {
				line, err = []byte("!"), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
			if cap(l.buf) > 4*maxLine {
				t.Errorf("%d bytes are held for one line", cap(l.buf))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%d lines of %d bytes, want %d", len(got), len(tt.in), len(tt.want))
		}
	}
}

// jsonEvent is a line with that time and service.
func jsonEvent(at, service string) string {
	return `{"ts":"2025-10-03T` + at + `Z","service":"` + service + `","operation":"login","outcome":"success"}` + "\n"
}

func TestMerge(t *testing.T) {
	files := []string{
		jsonEvent("10:00:00", "a1") + jsonEvent("10:00:05", "a2") + jsonEvent("10:00:04", "late") + jsonEvent("10:00:09", "a3"),
		"",
		jsonEvent("10:00:00", "c1") + "not JSON\n" + jsonEvent("10:00:05", "c2"),
		jsonEvent("09:00:00", "d1") + jsonEvent("10:00:06", "d2"),
	}
	var sources []*source
	for _, content := range files {
		s, err := newSource("x", strings.NewReader(content), time.Now(), options{format: formatJSONL})
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	var got []string
	if err := merge(sources, func(e event) error { got = append(got, e.service); return nil }); err != nil {
		t.Fatal(err)
	}
	// A line out of order in its own file comes when the ones before it have.
	want := []string{"d1", "a1", "c1", "a2", "late", "c2", "d2", "a3"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if n := sources[2].tally; n.unreadable != 1 || n.first[0] != (complaint{2, notJSON.Error()}) {
		t.Errorf("unreadable lines: %+v", n)
	}
}

// A file that breaks in the middle gives what it held before, and its name.
func TestBrokenFile(t *testing.T) {
	var content bytes.Buffer
	for range 20_000 {
		content.WriteString(jsonEvent("10:00:00", strings.Repeat(time.Now().String(), 3)))
	}
	whole := zip(t, content.Bytes())
	path := write(t, "broken.gz", whole[:len(whole)/2])
	sources, err := openSources(options{files: []string{path}, format: formatAuto}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeSources(sources) }()
	events := 0
	if err := merge(sources, func(event) error { events++; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := sources[0].err; err == nil || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not say that %s ends too early", err, path)
	}
	if events == 0 || events >= 20_000 {
		t.Errorf("%d events of the half of a file", events)
	}
}

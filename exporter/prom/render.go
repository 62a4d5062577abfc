// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// formats are those that a scraper can ask for, in the order in which we like
// them.
var formats = expfmt.DefaultOpenMetricsAcceptedFormats()

// A body is an answer, ready to be written. It is compressed whoever asks: that
// is a tenth of the memory, for as long as a client takes to read it.
type body struct {
	gz   []byte
	size int // before compression
}

// render writes the families that are wanted, all if only is empty. One that
// cannot be written is left out, and skipped is called with its error.
func render(families []*dto.MetricFamily, format expfmt.Format, only []string, skipped func(error)) (*body, error) {
	var out, family bytes.Buffer
	b := &body{}
	gz := gzip.NewWriter(&out)
	enc := expfmt.NewEncoder(&family, format)
	flush := func() error {
		n, err := gz.Write(family.Bytes())
		b.size += n
		family.Reset()
		return err
	}
	for _, f := range families {
		if len(only) > 0 && !slices.Contains(only, f.GetName()) {
			continue
		}
		if err := enc.Encode(f); err != nil {
			skipped(err)
			family.Reset()
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
	}
	if end, ok := enc.(expfmt.Closer); ok { // OpenMetrics has an end mark
		if err := end.Close(); err != nil {
			return nil, err
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	if err := gz.Close(); err != nil {
		return nil, err
	}
	b.gz = bytes.Clone(out.Bytes()) // without the room to grow
	return b, nil
}

// write answers r and tells whether the metrics went out in full.
func (b *body) write(w http.ResponseWriter, r *http.Request, format expfmt.Format) bool {
	h := w.Header()
	h.Set("Content-Type", string(format))
	h.Add("Vary", "Accept")
	h.Add("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	compressed := acceptsGzip(r.Header)
	size := b.size
	if compressed {
		h.Set("Content-Encoding", "gzip")
		size = len(b.gz)
	}
	h.Set("Content-Length", strconv.Itoa(size))
	if r.Method == http.MethodHead {
		return false
	}
	if compressed {
		_, err := w.Write(b.gz)
		return err == nil
	}
	text, err := gzip.NewReader(bytes.NewReader(b.gz))
	if err != nil {
		return false
	}
	_, err = io.CopyN(w, text, int64(b.size)) // no more than we made
	return err == nil
}

func acceptsGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			weight, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
			q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			return !ok || err == nil && q > 0
		}
	}
	return false
}

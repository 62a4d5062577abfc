// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/proto"
)

// family is a counter with so many series.
func family(name string, series int) *dto.MetricFamily {
	f := &dto.MetricFamily{Name: proto.String(name), Type: dto.MetricType_COUNTER.Enum()}
	for i := range series {
		f.Metric = append(f.Metric, &dto.Metric{
			Label:   []*dto.LabelPair{{Name: proto.String("n"), Value: proto.String(strconv.Itoa(i))}},
			Counter: &dto.Counter{Value: proto.Float64(1)},
		})
	}
	return f
}

func textOf(t *testing.T, b *body) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b.gz))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != b.size {
		t.Errorf("size: got %d, want %d", b.size, len(text))
	}
	return string(text)
}

// A family that cannot be written takes no other along, nor leaves a part of
// itself behind.
func TestRenderLeavesOutWhatCannotBeWritten(t *testing.T) {
	bad := family("shop_bad", 2)
	bad.Metric[1].Counter = nil
	for _, accept := range []string{acceptText, acceptOpenMetrics} { // protobuf can write this one
		format := expfmt.NegotiateAccept(http.Header{"Accept": {accept}}, formats...)
		var skipped []error
		b, err := render([]*dto.MetricFamily{family("shop_a", 1), bad, family("shop_b", 1)}, format, nil,
			func(err error) { skipped = append(skipped, err) })
		if err != nil {
			t.Fatal(err)
		}
		text := textOf(t, b)
		if strings.Contains(text, "shop_bad") || !strings.Contains(text, "shop_a") || !strings.Contains(text, "shop_b") {
			t.Errorf("%s: got %q", format, text)
		}
		if len(skipped) != 1 {
			t.Errorf("%s: skipped %v, want one", format, skipped)
		}
	}
}

func TestWriteBody(t *testing.T) {
	b, err := render([]*dto.MetricFamily{family("shop_a", 50)}, formats[len(formats)-1], nil, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, accept string
		size           int
		whole          bool
	}{
		{"GET", "", b.size, true},
		{"GET", "gzip", len(b.gz), true},
		{"HEAD", "gzip", 0, false},
		{"HEAD", "", 0, false},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, "/", nil)
		r.Header.Set("Accept-Encoding", c.accept)
		if whole := b.write(w, r, formats[0]); whole != c.whole {
			t.Errorf("%s %q: whole: got %v, want %v", c.method, c.accept, whole, c.whole)
		}
		if w.Body.Len() != c.size {
			t.Errorf("%s %q: got %d bytes, want %d", c.method, c.accept, w.Body.Len(), c.size)
		}
		if got := w.Header().Get("Content-Length"); c.whole && got != strconv.Itoa(c.size) {
			t.Errorf("%s %q: Content-Length %s, want %d", c.method, c.accept, got, c.size)
		}
		if compressed := w.Header().Get("Content-Encoding") == "gzip"; compressed != (c.accept == "gzip") {
			t.Errorf("%s %q: compressed: %v", c.method, c.accept, compressed)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Error("a browser may guess the type")
		}
	}
}

// A client that goes away in the middle got no answer.
func TestWriteBodyToNobody(t *testing.T) {
	b, err := render([]*dto.MetricFamily{family("shop_a", 50)}, formats[0], nil, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, accept := range []string{"", "gzip"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		if b.write(gone{httptest.NewRecorder()}, r, formats[0]) {
			t.Errorf("%q: went out in full", accept)
		}
	}
}

type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "deflate, gzip": true, "gzip;q=0.5": true, "gzip; q=1": true, "zstd,gzip ; Q=0.1": true,
		"gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=x": false, "identity": false, "x-gzip": false, "br": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {header}}); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
	if !acceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) {
		t.Error("only the first line counts")
	}
}

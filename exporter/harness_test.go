// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter/prom"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// setenv clears every OTEL_ variable and sets those given.
func setenv(t *testing.T, vars map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range vars {
		t.Setenv(name, value)
	}
}

// start starts a pipeline and shuts it down after the test.
func start(t *testing.T, opts ...Option) *Pipeline {
	t.Helper()
	p, err := Start(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx)
	})
	return p
}

// wantFaults checks that Start fails with each of the texts, and no pipeline.
func wantFaults(t *testing.T, p *Pipeline, err error, texts ...string) {
	t.Helper()
	if err == nil {
		_ = p.Shutdown(context.Background())
		t.Fatalf("no error, want one with %q", texts)
	}
	if p != nil {
		t.Error("a pipeline beside the error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, want %q in it", err, text)
		}
	}
}

// onFreePort is Prometheus where no other test is.
func onFreePort() Option { return WithPrometheus(prom.WithAddress("127.0.0.1:0")) }

// count adds one to a counter of the pipeline's.
func count(t *testing.T, p *Pipeline, name string) {
	t.Helper()
	c, err := p.MeterProvider().Meter("example.com/shop").Int64Counter(name)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(context.Background(), 1)
}

// scrape reads the endpoint that String names.
func scrape(t *testing.T, p *Pipeline) string {
	t.Helper()
	var url string
	for line := range strings.Lines(p.String()) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "prometheus "); ok {
			url = rest
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// isFree tells whether nobody listens on the address.
func isFree(t *testing.T, address string) bool {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", address)
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// fake is somebody's own exporter.
type fake struct {
	reader sdkmetric.Reader
	last   time.Time
	text   string

	stops    atomic.Int64
	shutdown func(context.Context) error // nil: returns nil
}

func newFake() *fake { return &fake{reader: sdkmetric.NewManualReader()} }

func (f *fake) Reader() sdkmetric.Reader { return f.reader }
func (f *fake) LastSuccess() time.Time   { return f.last }
func (f *fake) String() string           { return f.text }

func (f *fake) Shutdown(ctx context.Context) error {
	f.stops.Add(1)
	if f.shutdown != nil {
		return f.shutdown(ctx)
	}
	return nil
}

// safeBuffer can be written and read at once.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

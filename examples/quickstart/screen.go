// SPDX-License-Identifier: Apache-2.0

package main

// The table: what the client saw, beside what the metrics say.

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

type screen struct {
	out      io.Writer
	terminal bool // may be drawn over
	help     string
	metrics  string // URL of the Prometheus endpoint, empty if there is none
	client   *traffic
	began    time.Time
}

// newScreen prints what runs and what to look for. The pipeline is described by its String method.
func newScreen(out io.Writer, base, pipeline string, client *traffic) *screen {
	s := &screen{out: out, client: client, began: time.Now()}
	for line := range strings.Lines(pipeline) {
		if url, ok := strings.CutPrefix(strings.TrimSpace(line), "prometheus http://"); ok {
			s.metrics = "http://" + url
		}
	}
	s.help = fmt.Sprintf(`otelauth quickstart, metrics by %s

  TOKEN=$(curl -s -d user=alice -d password=%s %s/login)
  curl -H "Authorization: Bearer $TOKEN" %s/orders/alice
  curl %s/healthz
`, strings.ReplaceAll(strings.TrimSpace(pipeline), "\n", "\n                             "), alicePassword, base, base, base)
	if s.metrics != "" {
		s.help += fmt.Sprintf("  curl -s %s | grep '^auth_'\n", s.metrics)
	}
	s.help += `
Each request is counted once, by how it ended: see auth_failure_reason. No name, password, token or
address is in the metrics.
`
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if !s.terminal {
		fmt.Fprintln(out, s.help)
	}
	return s
}

// show draws once a second until ctx is done: the table on a terminal, else a line.
func (s *screen) show(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if s.terminal {
			table, _ := s.table(ctx)
			fmt.Fprintf(s.out, "\x1b[H\x1b[J%s\n%s", s.help, table)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.terminal {
			_, sum := s.table(ctx)
			fmt.Fprintf(s.out, "%4.0f s  %s\n", time.Since(s.began).Seconds(), sum)
		}
	}
}

// conclude prints the last table. Nothing may be under way any more.
func (s *screen) conclude(ctx context.Context) {
	table, sum := s.table(ctx)
	if s.terminal {
		fmt.Fprintf(s.out, "\x1b[H\x1b[J%s", s.help)
	}
	fmt.Fprintf(s.out, "\n%s\n%s\n", table, sum)
}

// table returns a line for each kind of request, and one that sums them up.
func (s *screen) table(ctx context.Context) (table, sum string) {
	series, err := s.scrape(ctx)
	s.client.mu.Lock()
	defer s.client.mu.Unlock()

	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %6s %6s %9s   %s\n", "request", "answer", "sent", "recorded", "as")
	var sent, recorded float64
	for _, r := range rows {
		n, counted := s.client.sent[r.kind], "-"
		sent += float64(n)
		if series != nil {
			v := series.sum(r.metric, r.label)
			recorded += v
			counted = strconv.FormatFloat(v, 'f', -1, 64)
		}
		fmt.Fprintf(&b, "%-20s %6d %6d %9s   %s{%s}\n", r.kind, r.status, n, counted, r.metric, r.label)
	}
	for _, what := range slices.Sorted(maps.Keys(s.client.wrong)) {
		fmt.Fprintf(&b, "%-20s %6s %6d             %s\n", "not as expected", "", s.client.wrong[what], what)
	}
	sum = fmt.Sprintf("%.0f requests sent", sent)
	switch {
	case err != nil:
		sum += fmt.Sprintf("; the metrics cannot be read: %v", err)
	case series == nil:
		sum += "; what was recorded is pushed and not read here"
	default:
		sum += fmt.Sprintf(", %.0f recorded", recorded)
		fmt.Fprintf(&b, "\n%.0f sessions, %.0f services active, %.0f signing keys made, key cache %.0f hits and %.0f misses\n",
			series.sum("auth_session_active"), series.sum("auth_service_active"),
			series.sum("auth_credential_rotations_total"),
			series.sum("auth_cache_lookups_total", `outcome="hit"`), series.sum("auth_cache_lookups_total", `outcome="miss"`))
	}
	return b.String(), sum
}

// samples are the values of an exposition, by the whole name of the series.
type samples map[string]float64

// scrape reads the Prometheus endpoint. It returns nil if there is none.
func (s *screen) scrape(ctx context.Context) (samples, error) {
	if s.metrics == "" {
		return nil, nil
	}
	body, err := get(context.WithoutCancel(ctx), s.metrics)
	if err != nil {
		return nil, err
	}
	found := samples{}
	for line := range strings.Lines(string(body)) {
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[i:]), 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.metrics, err)
		}
		found[line[:i]] = v
	}
	return found, nil
}

// sum adds up all series of a metric that have these labels.
func (s samples) sum(metric string, labels ...string) (sum float64) {
	for series, v := range s {
		name, rest, _ := strings.Cut(series, "{")
		missing := func(label string) bool { return !strings.Contains(rest, label) }
		if name == metric && !slices.ContainsFunc(labels, missing) {
			sum += v
		}
	}
	return sum
}

var httpClient = &http.Client{Timeout: 5 * time.Second}

// get returns what lies at a URL.
func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, 8<<20))
}

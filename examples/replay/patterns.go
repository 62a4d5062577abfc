// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/datapunk/otelauth/instrument/anomaly"
)

// maxPatterns is how many services the table of patterns shows, those with the most attempts first.
const maxPatterns = 10

// print writes the patterns of the attempts and what was found.
func (w *watch) print(out io.Writer) error {
	services := slices.DeleteFunc(w.Snapshot().Services, func(s anomaly.ServicePattern) bool { return s.Total.Attempts == 0 })
	slices.SortStableFunc(services, func(a, b anomaly.ServicePattern) int {
		return cmp.Compare(b.Total.Attempts, a.Total.Attempts)
	})
	if len(services) > 0 {
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "\nservice\tfailing\tsources\tsubjects\tp50\tp95\tmethods")
		for _, s := range services[:min(len(services), maxPatterns)] {
			p := s.Total
			fmt.Fprintf(t, "%s\t%.1f%%\t%d\t%d\t%s\t%s\t%s\n", printable(s.Service), 100*p.FailureRatio, p.Sources, p.Subjects,
				latency(p.P50), latency(p.P95), usage(&p))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if more := len(services) - maxPatterns; more > 0 {
			fmt.Fprintf(out, "and %d more services\n", more)
		}
	}
	_, err := fmt.Fprintf(out, "\nfound: %s\n", w.summary())
	return err
}

func latency(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return d.Round(10 * time.Microsecond).String()
}

func usage(p *anomaly.Pattern) string {
	var out []string
	for _, m := range p.Methods {
		out = append(out, fmt.Sprintf("%s %d", m.Method, m.Count))
	}
	for _, t := range p.Tokens {
		out = append(out, fmt.Sprintf("%s token %d", t.Type, t.Count))
	}
	return strings.Join(out, ", ")
}

// summary counts the findings, the gravest first.
func (w *watch) summary() string {
	order := slices.SortedFunc(maps.Keys(w.found), func(a, b foundKey) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(a.kind, b.kind))
	})
	var out []string
	for _, k := range order {
		out = append(out, fmt.Sprintf("%d %s (%s)", w.found[k], k.kind, k.severity))
	}
	return cmp.Or(strings.Join(out, ", "), "nothing")
}

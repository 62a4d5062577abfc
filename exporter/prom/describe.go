// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// describe says which metrics an error of the registry is about. Its text has
// label values and stack traces too, which must not get into a log, so that
// nothing but names is taken from it.
func describe(err error) string {
	all := prometheus.MultiError{err}
	if many := (prometheus.MultiError)(nil); errors.As(err, &many) {
		all = many
	}
	var names []string
	for _, e := range all {
		name := metricName(e.Error())
		if name != "" && !slices.Contains(names, name) && len(names) < 10 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return fmt.Sprintf("%d errors", len(all))
	}
	return fmt.Sprintf("%d errors, in %s", len(all), strings.Join(names, ", "))
}

// metricName finds the name where the registry's errors begin with it.
func metricName(text string) string {
	for _, start := range []string{
		`error collecting metric Desc{fqName: "`,
		`collected metric "`,
		`collected metric named "`,
		`collected histogram named "`,
		`collected histogram or summary named "`,
		`collected metric `,
	} {
		rest, ok := strings.CutPrefix(text, start)
		if !ok {
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool {
			return !(r == '_' || r == ':' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
		})
		if end >= 0 {
			rest = rest[:end]
		}
		return rest
	}
	return ""
}

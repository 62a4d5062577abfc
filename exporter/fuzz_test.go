// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever the environment holds, it is a configuration or an error, which has a
// line for each fault, fit for a log, that names the variable.
func FuzzEnvironment(f *testing.F) {
	f.Add("prometheus, otlp", "a=b%20c,d=e", "shop", "false", "60000")
	f.Add("none,x", "=b", "a\xff", "yes", "60")
	f.Add(",", "a=%zz,a=%ff,b", "\n", "TRUE", "1e3")
	f.Add("console\r\n", "a=b\x00,\u2028=c", "\u0085", "\x1b", "9223372036854775808")
	f.Fuzz(func(t *testing.T, exporters, attributes, name, disabled, number string) {
		env := environment(func(variable string) string {
			return map[string]string{
				exportersVar: exporters, resourceVar: attributes, serviceName: name, disabledVar: disabled, interval: number,
			}[variable]
		})
		names, named, err := env.exporterNames()
		wantLines(t, exportersVar, err)
		for _, n := range names {
			if !isKnown(n) || !named {
				t.Errorf("%s=%q names %q", exportersVar, exporters, n)
			}
		}
		kvs, err := env.resourceAttributes()
		wantLines(t, "OTEL_", err)
		if err == nil {
			for _, kv := range kvs {
				if !kv.Valid() || !utf8.ValidString(string(kv.Key)+kv.Value.AsString()) {
					t.Errorf("attribute %q=%q", kv.Key, kv.Value.AsString())
				}
			}
		}
		_, err = env.disabled()
		wantLines(t, disabledVar, err)
		every, err := env.milliseconds(interval, DefaultConsoleInterval)
		wantLines(t, interval, err)
		if err == nil && every <= 0 {
			t.Errorf("%s=%q is %v", interval, number, every)
		}
	})
}

func wantLines(t *testing.T, prefix string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, prefix) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("line %q of an error, want %s first and nothing that a log cannot show", line, prefix)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
)

// comment wraps text into Go comment lines.
func comment(text string) string {
	const width = 97
	var b strings.Builder
	n := 0
	for _, w := range strings.Fields(strings.ReplaceAll(text, "`", "")) {
		if n == 0 || n+1+len(w) > width {
			if n > 0 {
				b.WriteByte('\n')
			}
			b.WriteString("// " + w)
			n = len(w)
			continue
		}
		b.WriteString(" " + w)
		n += 1 + len(w)
	}
	return b.String()
}

// kind returns the name of the InstrumentKind constant without its prefix.
func kind(m *metric) string {
	switch {
	case m.Instrument == "updowncounter":
		return "UpDownCounter"
	case m.Observable:
		return "ObservableGauge"
	default:
		return camel(m.Instrument)
	}
}

// word returns the kind of instrument in plain words.
func word(m *metric) string {
	switch {
	case m.Instrument == "updowncounter":
		return "up-down counter"
	case m.Observable:
		return "observable gauge"
	default:
		return m.Instrument
	}
}

// instrumentType returns the name of the type in the OpenTelemetry API.
func instrumentType(m *metric) string {
	if m.Float {
		return "Float64" + kind(m)
	}
	return "Int64" + kind(m)
}

// verb returns the name of the recording method.
func verb(m *metric) string {
	switch {
	case m.Observable:
		return "Observe"
	case m.Instrument == "gauge" || m.Instrument == "histogram":
		return "Record"
	default:
		return "Add"
	}
}

func bounds(m *metric) string {
	s := make([]string, len(m.Buckets))
	for i, b := range m.Buckets {
		s[i] = strconv.FormatFloat(b, 'f', -1, 64)
	}
	return strings.Join(s, ", ")
}

// attributeList returns the attributes of a metric for a table, without the
// one whose id is skip.
func attributeList(m *metric, skip string) string {
	var all []string
	for _, a := range m.Attributes {
		s := "`" + a.ID + "`"
		switch {
		case a.ID == skip:
			continue
		case a.Condition != "":
			s += " (" + strings.ToLower(strings.TrimSuffix(a.Condition, ".")) + ")"
		case a.Level != "required":
			s += " (" + strings.ReplaceAll(a.Level, "_", "-") + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func reasonList(m member) string {
	var all []string
	for _, r := range m.Reasons {
		all = append(all, "`"+r.Value+"`")
	}
	return strings.Join(all, ", ")
}

// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// ownHeaders are those that the protocols set by themselves.
var ownHeaders = []string{
	"connection", "content-encoding", "content-length", "content-type", "host", "te", "trailer", "transfer-encoding", "upgrade",
}

// checkHeaders returns the headers with lower-case names. No error shows a
// value.
func checkHeaders(in map[string]string) (map[string]string, []error) {
	out := make(map[string]string, len(in))
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(in)) {
		lower, value := strings.ToLower(name), in[name]
		_, twice := out[lower]
		switch {
		case !validHeaderName(lower):
			// It is not shown, for it may be a whole line with its credential.
			errs = append(errs, fmt.Errorf("a name of %d bytes is not a header name", len(name)))
		case slices.Contains(ownHeaders, lower) || strings.HasPrefix(lower, "grpc-"):
			errs = append(errs, fmt.Errorf("header %q is set by the protocol itself", name))
		case twice:
			errs = append(errs, fmt.Errorf("header %q is given twice", name))
		case !validHeaderValue(value):
			errs = append(errs, fmt.Errorf("the value of header %q is not printable ASCII", name))
		default:
			out[lower] = value
		}
	}
	return out, errs
}

// parseHeaders reads the form of the environment: "name=value,name=value",
// with values percent-encoded. An entry is called by its number where its name
// is not sure to be one: it might be a misplaced credential.
func parseHeaders(s string) (map[string]string, []error) {
	out := map[string]string{}
	var errs []error
	for i, entry := range strings.Split(s, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		name, value, found := strings.Cut(entry, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || !validHeaderName(name) {
			errs = append(errs, fmt.Errorf("entry %d is not name=value", i+1))
			continue
		}
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if err != nil {
			errs = append(errs, fmt.Errorf("the value of header %q is not percent-encoded", name))
			continue
		}
		out[name] = value
	}
	return out, errs
}

func validHeaderName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && !strings.ContainsRune("-_.", rune(c)) {
			return false
		}
	}
	return s != ""
}

func validHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

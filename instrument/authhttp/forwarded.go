// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/netip"
	"strings"
)

// parseForwarded reads the address of one element of a Forwarded header, such as
// for="[2001:db8::1]:4711";proto=https. It is strict: what RFC 7239 does not
// allow has no address, nor has an element with two. Backslashes are refused as
// a whole, since no address needs one.
func parseForwarded(element string) (netip.Addr, bool) {
	var addr netip.Addr
	found := false
	for more := true; more; {
		var pair string
		var ok bool
		if pair, element, more, ok = cutPair(element); !ok {
			return netip.Addr{}, false
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok || !isToken(name) {
			return netip.Addr{}, false
		}
		value, ok = unquote(value)
		if !ok {
			return netip.Addr{}, false
		}
		if !strings.EqualFold(name, "for") {
			continue
		}
		if found {
			return netip.Addr{}, false
		}
		found = true
		// IPv6 is in brackets always, unlike in X-Forwarded-For.
		if !strings.HasPrefix(value, "[") && strings.Count(value, ":") > 1 {
			return netip.Addr{}, false
		}
		if addr, ok = parseHostPort(value); !ok {
			return netip.Addr{}, false
		}
	}
	return addr, found
}

// cutPair cuts the first pair off an element at a semicolon outside of quotes.
// Blanks around it are let pass, as common proxies write them.
func cutPair(element string) (pair, rest string, more, ok bool) {
	quoted := false
	for i := range len(element) {
		switch c := element[i]; {
		case c == '\\':
			return "", "", false, false
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return strings.Trim(element[:i], " \t"), element[i+1:], true, true
		}
	}
	return strings.Trim(element, " \t"), "", false, !quoted
}

// unquote returns the value of a token or a quoted string.
func unquote(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
		return s, !strings.Contains(s, `"`)
	}
	return s, isToken(s)
}

// isToken tells whether s is a token of RFC 9110.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

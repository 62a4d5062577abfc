// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ProxyHeader is the header in which the declared proxies report who called
// them. It must be one that the proxies set themselves: a header that they pass
// on unseen is written by the client.
type ProxyHeader uint8

// The headers that are known.
const (
	XForwardedFor ProxyHeader = iota // X-Forwarded-For
	Forwarded                        // Forwarded, RFC 7239
)

// Bounds of the parser. More than this is no chain of proxies.
const (
	maxHops    = 32
	maxElement = 512 // bytes
)

// ClientIP returns the address of the client, for observers that tell clients
// apart; it never becomes a label. It is the address of the connection, unless
// that is one of the trusted proxies: then the header is read from its right end,
// where the nearest proxy wrote, and the first address that is not trusted is
// the client's. Where all are trusted it is the leftmost.
//
// The walk ends at whatever is not an address (unknown, an obfuscated _name,
// anything malformed) and after 32 hops; the client is then the nearest address
// known so far. IPv4 in IPv6 is returned as IPv4, and a zone is dropped. The
// result is invalid only if the connection has no IP address, as a Unix socket.
//
// Without trusted proxies no header is read. A client with IPv6 mostly has a whole
// /64: who limits by address takes addr.Prefix(64) for it. ClientIP is safe for
// concurrent use.
func ClientIP(r *http.Request, from ProxyHeader, trusted ...netip.Prefix) netip.Addr {
	if r == nil {
		return netip.Addr{}
	}
	client, ok := parseHostPort(r.RemoteAddr)
	if !ok || !contains(trusted, client) {
		return client
	}
	name, element := "X-Forwarded-For", parseHostPort
	if from == Forwarded {
		name, element = "Forwarded", parseForwarded
	}
	hops := 0
	for _, line := range slices.Backward(r.Header[name]) {
		for more := true; more; hops++ {
			var e string
			if line, e, more = cutLast(line); hops == maxHops || len(e) > maxElement {
				return client
			}
			addr, ok := element(e)
			if !ok {
				return client
			}
			client = addr
			if !contains(trusted, client) {
				return client
			}
		}
	}
	return client
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// cutLast cuts the last element off a list. It goes from the right, quotes
// included, so that what a client wrote on the left cannot change how the
// proxies' part is read.
func cutLast(list string) (rest, last string, more bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i], strings.Trim(list[i+1:], " \t"), true
		}
	}
	return "", strings.Trim(list, " \t"), false
}

// parseHostPort reads an address with or without a port; IPv6 with a port is in
// brackets.
func parseHostPort(s string) (netip.Addr, bool) {
	host := s
	if inside, bracketed := strings.CutPrefix(s, "["); bracketed {
		var port string
		var closed bool
		host, port, closed = strings.Cut(inside, "]")
		if !closed || port != "" && !validPort(port) || !strings.Contains(host, ":") {
			return netip.Addr{}, false
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 && i == strings.LastIndexByte(s, ':') {
		if !validPort(s[i:]) {
			return netip.Addr{}, false
		}
		host = s[:i]
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.WithZone("").Unmap(), true
}

// validPort tells whether s is a colon and a port, which RFC 7239 lets be
// obfuscated.
func validPort(s string) bool {
	if len(s) < 2 || s[0] != ':' {
		return false
	}
	if s[1] == '_' {
		return len(s) > 2 && strings.Trim(s[2:], obfuscated) == ""
	}
	return len(s) <= 6 && strings.Trim(s[1:], "0123456789") == ""
}

const obfuscated = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

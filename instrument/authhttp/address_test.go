// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/instrument/authhttp"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}

func TestClientIP(t *testing.T) {
	const x, f = authhttp.XForwardedFor, authhttp.Forwarded
	tests := map[string]struct {
		remote string
		from   authhttp.ProxyHeader
		lines  []string
		want   string // "" for the invalid address
	}{
		"no header":                   {"10.0.0.1:80", x, nil, "10.0.0.1"},
		"not a proxy":                 {"192.0.2.1:80", x, []string{"198.51.100.7"}, "192.0.2.1"},
		"one hop":                     {"10.0.0.1:80", x, []string{"198.51.100.7"}, "198.51.100.7"},
		"spoofed on the left":         {"10.0.0.1:80", x, []string{"1.1.1.1, 198.51.100.7"}, "198.51.100.7"},
		"through two proxies":         {"10.0.0.1:80", x, []string{"1.1.1.1, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		"several lines":               {"10.0.0.1:80", x, []string{"1.1.1.1", "198.51.100.7,10.0.0.3", "10.0.0.2"}, "198.51.100.7"},
		"all trusted":                 {"10.0.0.1:80", x, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"unknown ends":                {"10.0.0.1:80", x, []string{"1.1.1.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		"hidden ends":                 {"10.0.0.1:80", x, []string{"1.1.1.1, _hidden"}, "10.0.0.1"},
		"empty ends":                  {"10.0.0.1:80", x, []string{"1.1.1.1,"}, "10.0.0.1"},
		"empty line ends":             {"10.0.0.1:80", x, []string{"1.1.1.1", ""}, "10.0.0.1"},
		"garbage":                     {"10.0.0.1:80", x, []string{"1.1.1.1, 300.1.1.1"}, "10.0.0.1"},
		"a quote on the left":         {"10.0.0.1:80", x, []string{`", 198.51.100.7`}, "198.51.100.7"},
		"port":                        {"10.0.0.1:80", x, []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"bad port":                    {"10.0.0.1:80", x, []string{"198.51.100.7:x"}, "10.0.0.1"},
		"empty port":                  {"10.0.0.1:80", x, []string{"198.51.100.7:"}, "10.0.0.1"},
		"ipv6":                        {"10.0.0.1:80", x, []string{"2001:db8:2::7"}, "2001:db8:2::7"},
		"ipv6 in brackets":            {"10.0.0.1:80", x, []string{"[2001:db8:2::7]"}, "2001:db8:2::7"},
		"ipv6 with port":              {"[2001:db8:1::1]:80", x, []string{"[2001:db8:2::7]:4711"}, "2001:db8:2::7"},
		"ipv6 unclosed":               {"10.0.0.1:80", x, []string{"[2001:db8:2::7"}, "10.0.0.1"},
		"ipv4 in brackets":            {"10.0.0.1:80", x, []string{"[198.51.100.7]"}, "10.0.0.1"},
		"text after brackets":         {"10.0.0.1:80", x, []string{"[2001:db8:2::7]x"}, "10.0.0.1"},
		"zone":                        {"[fe80::1%eth0]:80", x, nil, "fe80::1"},
		"ipv4 in ipv6":                {"[::ffff:10.0.0.1]:80", x, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"unix socket":                 {"@", x, []string{"198.51.100.7"}, ""},
		"a long element":              {"10.0.0.1:80", x, []string{strings.Repeat("1", 600)}, "10.0.0.1"},
		"as many hops as are walked":  {"10.0.0.1:80", x, []string{"198.51.100.7" + strings.Repeat(",10.0.0.2", 31)}, "198.51.100.7"},
		"too many hops":               {"10.0.0.1:80", x, []string{"198.51.100.7" + strings.Repeat(",10.0.0.2", 32)}, "10.0.0.2"},
		"forwarded":                   {"10.0.0.1:80", f, []string{"for=198.51.100.7"}, "198.51.100.7"},
		"forwarded, all parameters":   {"10.0.0.1:80", f, []string{`by=10.0.0.1;FOR="198.51.100.7:_x1";host="a;b,c";proto=https`}, "198.51.100.7"},
		"forwarded, ipv6":             {"10.0.0.1:80", f, []string{`for=1.1.1.1, for="[2001:db8:2::7]:4711"; proto=http`}, "2001:db8:2::7"},
		"forwarded, several":          {"10.0.0.1:80", f, []string{"for=1.1.1.1", "for=198.51.100.7, for=10.0.0.2"}, "198.51.100.7"},
		"forwarded, unquoted ipv6":    {"10.0.0.1:80", f, []string{"for=[2001:db8:2::7]"}, "10.0.0.1"},
		"forwarded, bare ipv6":        {"10.0.0.1:80", f, []string{`for="2001:db8:2::7"`}, "10.0.0.1"},
		"forwarded, hidden":           {"10.0.0.1:80", f, []string{"for=1.1.1.1, for=_hidden"}, "10.0.0.1"},
		"forwarded, unknown":          {"10.0.0.1:80", f, []string{"for=unknown"}, "10.0.0.1"},
		"forwarded, two for":          {"10.0.0.1:80", f, []string{"for=198.51.100.7;for=1.1.1.1"}, "10.0.0.1"},
		"forwarded, no for":           {"10.0.0.1:80", f, []string{"for=1.1.1.1, proto=https"}, "10.0.0.1"},
		"forwarded, escapes":          {"10.0.0.1:80", f, []string{`for="198.51.100\.7"`}, "10.0.0.1"},
		"forwarded, blank":            {"10.0.0.1:80", f, []string{"for = 198.51.100.7"}, "10.0.0.1"},
		"forwarded, a quote left":     {"10.0.0.1:80", f, []string{`for=", for=198.51.100.7;proto="https"`}, "198.51.100.7"},
		"forwarded, a quote at hop":   {"10.0.0.1:80", f, []string{`for=", for=10.0.0.2`}, "10.0.0.2"},
		"the other header is ignored": {"10.0.0.1:80", 99, []string{"198.51.100.7"}, "198.51.100.7"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set, other := "X-Forwarded-For", "Forwarded"
			decoy := "for=203.0.113.9"
			if tt.from == f {
				set, other, decoy = other, set, "203.0.113.9"
			}
			r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{other: {decoy}}}
			r.Header[set] = tt.lines
			got, want := authhttp.ClientIP(r, tt.from, proxies...), netip.Addr{}
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			if got != want {
				t.Errorf("%v, want %v", got, want)
			}
			if host, _, ok := strings.Cut(tt.remote, "]:"); ok {
				tt.remote = host + "]:1"
			}
			bare, _ := netip.ParseAddrPort(tt.remote)
			if got := authhttp.ClientIP(r, tt.from); got != bare.Addr().WithZone("").Unmap() {
				t.Errorf("without trusted proxies: %v, want that of %s", got, tt.remote)
			}
		})
	}
	if got := authhttp.ClientIP(nil, x, proxies...); got.IsValid() {
		t.Errorf("of no request: %v", got)
	}
}

// FuzzClientIP holds that whatever a client puts to the left of what the proxy
// wrote, the client is the one whom the proxy saw, and that a result is always
// an address without a zone.
func FuzzClientIP(f *testing.F) {
	for _, s := range []string{
		"", "1.1.1.1", "unknown", "_hidden", `for="`, `for="[2001:db8::1]:80";proto=https`, `for=1.1.1.1;host="a,b`,
		"[::1%lo0]:80", `"`, `\"`, ",,,;;;===", "for=1.1.1.1;for=2.2.2.2", strings.Repeat(",10.0.0.1", 40), "fe80::1%\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []struct {
			from          authhttp.ProxyHeader
			name, written string
		}{
			{authhttp.XForwardedFor, "X-Forwarded-For", "198.51.100.7"},
			{authhttp.Forwarded, "Forwarded", `for="198.51.100.7:4711";proto=https`},
		} {
			r := &http.Request{RemoteAddr: "10.0.0.1:80", Header: http.Header{p.name: {text}}}
			if got := authhttp.ClientIP(r, p.from, proxies...); !got.IsValid() || got.Zone() != "" || got.Is4In6() {
				t.Errorf("%s %q: %v", p.name, text, got)
			}
			for _, lines := range [][]string{{text + ", " + p.written}, {text, p.written}} {
				r.Header[p.name] = lines
				if got := authhttp.ClientIP(r, p.from, proxies...); got != netip.MustParseAddr("198.51.100.7") {
					t.Errorf("%s %q: %v, want what the proxy wrote", p.name, lines, got)
				}
			}
			r = &http.Request{RemoteAddr: text}
			if got := authhttp.ClientIP(r, p.from, slices.Clone(proxies)...); got.Zone() != "" {
				t.Errorf("of the connection %q: %v", text, got)
			}
		}
	})
}

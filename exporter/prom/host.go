// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// A web page may have its own name point to 127.0.0.1, and then read from a
// browser on this machine whatever listens there (DNS rebinding). The name stays
// in the Host header, so that an endpoint that nothing but loopback protects
// answers no name that such a page could have.

// privateDomains are those that public DNS does not have, from which therefore
// no stranger's page comes: they name this machine, the host of a container
// (host.docker.internal) and services of a cluster (svc.cluster.local).
var privateDomains = []string{"localhost", "internal", "local"}

const nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// guardHost refuses requests for other names, if that is what the endpoint needs.
func (c config) guardHost(web webSettings, report *reporter, next http.Handler) http.Handler {
	if !web.addr.IP.IsLoopback() || web.tls || web.users || c.tokenOwn {
		return next
	}
	names := c.hostNames
	if host, _, err := net.SplitHostPort(c.address); err == nil {
		names = append(slices.Clip(names), host)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownHost(r.Host, names) {
			report.errorf("host", "a request was refused, for the name in its Host header may be a web page's; WithHostNames allows that of a proxy")
			http.Error(w, "not known by this name", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownHost tells whether the Host header has an address, a name that public DNS
// does not have, or one of names. A request without the header comes from no
// browser.
func ownHost(header string, names []string) bool {
	host := header
	if h, port, err := net.SplitHostPort(header); err == nil && strings.Trim(port, "0123456789") == "" {
		host = h
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil || host == "" {
		return true
	}
	if strings.Trim(strings.ToLower(host), nameCharacters) != "" {
		return false
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	is := func(name string) bool { return strings.EqualFold(strings.TrimSuffix(name, "."), host) }
	return last == host || // a single label, such as the service of a compose file
		slices.ContainsFunc(privateDomains, func(d string) bool { return strings.EqualFold(d, last) }) ||
		slices.ContainsFunc(names, is)
}

func (c config) checkHostNames() error {
	var errs []error
	for _, name := range c.hostNames {
		if name == "" || strings.Trim(strings.ToLower(name), nameCharacters) != "" {
			errs = append(errs, fmt.Errorf("prom: WithHostNames(%q): not a host name", name))
		}
	}
	return errors.Join(errs...)
}

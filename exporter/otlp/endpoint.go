// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

const metricsPath = "/v1/metrics"

// pathRule says how the path of an endpoint becomes that of the requests. The
// specification has one rule for each variable.
type pathRule int

const (
	// pathIfNone is for the option: no path becomes /v1/metrics.
	pathIfNone pathRule = iota
	// pathAppend is for the variable of all signals: a base URL.
	pathAppend
	// pathAsIs is for the variable of metrics alone.
	pathAsIs
)

// endpoint is what a program or an operator wrote.
type endpoint struct {
	scheme string // http, https, or empty for "host:port"
	host   string
	port   string // empty: that of the scheme
	path   string // as written
	rule   pathRule
}

// target is where the requests go.
type target struct {
	protocol  string
	plaintext bool
	host      string // with a port
	path      string // HTTP only
}

func (t target) scheme() string {
	if t.plaintext {
		return "http"
	}
	return "https"
}

// String returns the URL; it holds no credentials, since none are let in.
func (t target) String() string {
	return (&url.URL{Scheme: t.scheme(), Host: t.host, Path: t.path}).String()
}

var (
	errNotEndpoint = errors.New("want http://host:port, https://host:port or host:port")
	errCredentials = errors.New("credentials, query and fragment have no place in an endpoint, use headers")
)

func parseEndpoint(raw string, rule pathRule) (endpoint, error) {
	if !validHeaderValue(raw) { // printable ASCII, as it is fit for a log
		return endpoint{}, errNotEndpoint
	}
	if !strings.Contains(raw, "://") {
		host, port, err := net.SplitHostPort(raw)
		if err != nil || host == "" || strings.ContainsAny(raw, "/@?# ") || !validPort(port) {
			return endpoint{}, errNotEndpoint
		}
		return endpoint{host: host, port: port, rule: rule}, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return endpoint{}, errNotEndpoint // its text would repeat the URL, credentials and all
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme != "http" && scheme != "https":
		return endpoint{}, errNotEndpoint
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return endpoint{}, errCredentials
	case u.Hostname() == "" || !validHeaderValue(u.Host) || u.Port() != "" && !validPort(u.Port()):
		return endpoint{}, errNotEndpoint
	default:
		return endpoint{scheme: scheme, host: u.Hostname(), port: u.Port(), path: u.Path, rule: rule}, nil
	}
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// showEndpoint returns a bad endpoint for an error message, unless it may hold
// credentials.
func showEndpoint(raw string) string {
	if strings.ContainsAny(raw, "@?#") {
		return "(hidden)"
	}
	return raw
}

// target works out where the requests go.
func (c config) target() (target, error) {
	t := target{protocol: c.protocol.or(ProtocolGRPC)}
	overHTTP := t.protocol == ProtocolHTTP
	if !c.endpoint.given() {
		t.plaintext, t.host = true, "localhost:4317"
		if overHTTP {
			t.host, t.path = "localhost:4318", metricsPath
		}
		return t, nil
	}
	e := c.endpoint.value
	if e.host == "" {
		return t, nil // a bad one, which is an error already
	}
	t.plaintext = e.scheme == "http" || e.scheme == "" && c.insecure.value
	port := e.port
	switch {
	case port != "":
	case t.plaintext:
		port = "80"
	default:
		port = "443"
	}
	t.host = net.JoinHostPort(e.host, port)
	if e.scheme == "https" && c.insecure.value && !fromEnvironment(c.insecure.from) {
		return t, fmt.Errorf("%s: the endpoint %s of %s asks for TLS", c.insecure.from, t, c.endpoint.from)
	}
	if overHTTP {
		t.path = requestPath(e)
	} else if t.protocol == ProtocolGRPC && strings.Trim(e.path, "/") != "" {
		return t, fmt.Errorf("%s: the path %q has no meaning with grpc; is the protocol to be %s?",
			c.endpoint.from, e.path, ProtocolHTTP)
	}
	return t, nil
}

func requestPath(e endpoint) string {
	switch {
	case e.rule == pathAppend:
		return strings.TrimRight(e.path, "/") + metricsPath
	case e.path != "":
		return e.path
	case e.rule == pathAsIs && e.scheme != "":
		return "/"
	default:
		return metricsPath
	}
}

// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"slices"
	"time"
)

const (
	// DefaultAddress is where the endpoint listens: the port that OpenTelemetry
	// gives to Prometheus exporters, on loopback.
	DefaultAddress = "127.0.0.1:9464"
	// DefaultMaxRequests is how many scrapes are worked on at a time.
	DefaultMaxRequests = 10
)

type config struct {
	address     string
	addressOwn  bool   // set by WithAddress
	addressFrom string // where else it is from, for messages
	insecure    bool
	hostNames   []string
	withServer  bool
	webConfig   string
	webOwn      bool
	fileChecks  bool
	token       string
	tokenOwn    bool
	scopeLabels bool
	targetInfo  bool
	maxRequests int
	limits      limits
}

// limits are the bounds that have no option. Tests shorten them.
type limits struct {
	collect     time.Duration // for a collection
	share       time.Duration // how old a collection may be to be served again
	header      time.Duration // for a request's headers to arrive
	request     time.Duration // for a whole request
	answer      time.Duration // for an answer to be read
	idle        time.Duration // between two requests of a connection
	report      time.Duration // between two reports of a kind
	connections int
	streams     int // of an HTTP/2 connection
	headerBytes int
}

func newConfig() config {
	return config{
		address:     DefaultAddress,
		addressFrom: "default address",
		withServer:  true,
		fileChecks:  true,
		targetInfo:  true,
		maxRequests: DefaultMaxRequests,
		limits: limits{
			collect:     8 * time.Second,
			share:       time.Second,
			header:      5 * time.Second,
			request:     10 * time.Second,
			answer:      10 * time.Second,
			idle:        10 * time.Second,
			report:      time.Minute,
			connections: 128,
			streams:     10,
			headerBytes: 16 << 10,
		},
	}
}

// An Option changes a default of [New]. The last of two that set the same thing
// wins.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithAddress sets the address to listen on, "host:port". The default is
// [DefaultAddress]. Port 0 takes any free one, see [Exporter.Addr]. Without a
// host it listens on all interfaces, which, like any other address off loopback,
// needs TLS and authentication or [WithInsecureAddress].
func WithAddress(address string) Option {
	return optionFunc(func(c config) config {
		c.address, c.addressOwn = address, true
		return c
	})
}

// WithInsecureAddress allows an address off loopback without TLS or without
// authentication. Use it where something else keeps strangers out, such as a
// network policy or a proxy in the same pod.
func WithInsecureAddress() Option {
	return optionFunc(func(c config) config {
		c.insecure = true
		return c
	})
}

// WithHostNames adds names under which a proxy on this machine asks the endpoint,
// such as "metrics.example.com". An endpoint on loopback that has neither TLS nor
// authentication otherwise answers only to addresses, the host of [WithAddress]
// and names that public DNS does not have (without a dot, or under localhost,
// internal or local), and any other request gets 421: web pages that have their
// name point to loopback could read it through a browser.
func WithHostNames(names ...string) Option {
	return optionFunc(func(c config) config {
		c.hostNames = append(slices.Clip(c.hostNames), names...)
		return c
	})
}

// WithoutServer opens no listener. The program mounts [Exporter.Handler] on a
// server of its own, whose timeouts, TLS and limits then apply.
func WithoutServer() Option {
	return optionFunc(func(c config) config {
		c.withServer = false
		return c
	})
}

// WithWebConfigFile takes TLS settings and the users of basic authentication
// from a web configuration file as all Prometheus servers know it
// (https://prometheus.io/docs/prometheus/latest/configuration/https/). Paths in
// it are relative to its folder.
//
// [New] refuses a file that it cannot follow to the letter: unknown keys,
// passwords that are no bcrypt hash, certificates that do not load, TLS below
// 1.2. It also refuses, for the file itself and every file it names, a symbolic
// link or a path with "..", and a private key that everybody may read; see
// [WithoutFileChecks].
//
// The file and what it names are read again at each connection and request, with
// the same checks. If they became wrong, nothing is served until they are right
// again.
//
// A name that nobody has takes as long to check as one that somebody has.
// bcrypt hashes may have a cost of up to 14.
func WithWebConfigFile(path string) Option {
	return optionFunc(func(c config) config {
		c.webConfig, c.webOwn = path, true
		return c
	})
}

// WithoutFileChecks accepts symbolic links, ".." and keys that everybody may
// read in what [WithWebConfigFile] names. Secrets that Kubernetes mounts are
// links and, unless told otherwise, readable to all.
func WithoutFileChecks() Option {
	return optionFunc(func(c config) config {
		c.fileChecks = false
		return c
	})
}

// WithBearerToken asks every scrape for the header "Authorization: Bearer
// <token>"; Prometheus sends it with authorization.credentials or
// credentials_file. The token is compared in constant time and is never
// written anywhere. It must be printable ASCII without spaces.
//
// It holds for [Exporter.Handler] too. It cannot be combined with
// basic_auth_users of a web configuration file: a request has one Authorization
// header.
func WithBearerToken(token string) Option {
	return optionFunc(func(c config) config {
		c.token, c.tokenOwn = token, true
		return c
	})
}

// WithScopeLabels adds otel_scope_name, otel_scope_version,
// otel_scope_schema_url and the scope's attributes to every series. The default
// is to leave them out.
func WithScopeLabels() Option {
	return optionFunc(func(c config) config {
		c.scopeLabels = true
		return c
	})
}

// WithoutTargetInfo leaves out target_info, the metric whose labels are the
// resource's attributes.
func WithoutTargetInfo() Option {
	return optionFunc(func(c config) config {
		c.targetInfo = false
		return c
	})
}

// WithMaxRequests sets how many scrapes are worked on at a time, at least 1; the
// rest get 503. A scrape that is ready and waits for its client to read it does
// not count. The default is [DefaultMaxRequests].
func WithMaxRequests(n int) Option {
	return optionFunc(func(c config) config {
		c.maxRequests = n
		return c
	})
}

// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// setting is a value and the option or variable it came from, for errors and
// to know what the environment may still fill in.
type setting[T any] struct {
	value T
	from  string // empty: not set
}

func (s setting[T]) given() bool { return s.from != "" }

// or returns the value, or def when there is none.
func (s setting[T]) or(def T) T {
	if s.given() {
		return s.value
	}
	return def
}

type config struct {
	protocol      setting[string]
	endpoint      setting[endpoint]
	insecure      setting[bool]
	headers       setting[map[string]string]
	compression   setting[string]
	timeout       setting[time.Duration]
	interval      setting[time.Duration]
	exportTimeout setting[time.Duration]
	batchSize     setting[int]
	caFile        setting[string]
	certFile      setting[string]
	keyFile       setting[string]
	temporality   setting[metricdata.Temporality]

	errs []error
}

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	return c
}

func (c *config) fail(err error) { c.errs = append(c.errs, err) }

func (c *config) setProtocol(from, value string) {
	if value != ProtocolGRPC && value != ProtocolHTTP {
		c.fail(invalid(from, value, "want "+ProtocolGRPC+" or "+ProtocolHTTP))
	}
	// Kept even when it is wrong, so that nothing else is complained about.
	c.protocol = setting[string]{value, from}
}

func (c *config) setEndpoint(from, value string, rule pathRule) {
	e, err := parseEndpoint(value, rule)
	if err != nil {
		c.fail(invalid(from, showEndpoint(value), err.Error()))
	}
	c.endpoint = setting[endpoint]{e, from}
}

func (c *config) setCompression(from, value string) {
	if value != CompressionGzip && value != CompressionNone {
		c.fail(invalid(from, value, "want "+CompressionGzip+" or "+CompressionNone))
	}
	c.compression = setting[string]{value, from}
}

func (c *config) setHeaders(from string, headers map[string]string) {
	checked, errs := checkHeaders(headers)
	for _, err := range errs {
		c.fail(fmt.Errorf("%s: %w", from, err))
	}
	c.headers = setting[map[string]string]{checked, from}
}

func (c *config) setDuration(s *setting[time.Duration], from string, value time.Duration) {
	if value < MinDuration {
		c.fail(invalid(from, value.String(), "want at least "+MinDuration.String()))
	}
	*s = setting[time.Duration]{value, from}
}

// invalid names the option or the variable and its bad value.
func invalid(from, value, why string) error {
	if fromEnvironment(from) {
		return fmt.Errorf("%s=%q: %s", from, value, why)
	}
	return fmt.Errorf("%s(%q): %s", from, value, why)
}

func fromEnvironment(from string) bool { return strings.HasPrefix(from, "OTEL_") }

// settings is a configuration with every default filled in and checked.
type settings struct {
	target        target
	headers       map[string]string
	gzip          bool
	timeout       time.Duration
	interval      time.Duration
	exportTimeout time.Duration
	batchSize     int
	delta         bool
	tls           *tlsFiles // nil: plaintext
}

// settle returns the settings, or everything that is wrong with them at once.
func (c config) settle(report *reporter) (settings, error) {
	s := settings{
		headers:       c.headers.value,
		gzip:          c.compression.or(CompressionGzip) == CompressionGzip,
		timeout:       c.timeout.or(DefaultTimeout),
		interval:      c.interval.or(DefaultInterval),
		exportTimeout: c.exportTimeout.or(DefaultExportTimeout),
		batchSize:     c.batchSize.or(DefaultBatchSize),
		delta:         c.temporality.value == metricdata.DeltaTemporality,
	}
	errs := c.errs
	var err error
	if s.target, err = c.target(); err != nil {
		errs = append(errs, err)
	}
	files := newTLSFiles(c.caFile, c.certFile, c.keyFile, report)
	switch {
	case s.target.plaintext && c.ownPlaintext():
		// The endpoint of the program goes first; what the environment says
		// about TLS belongs to another endpoint.
		for _, f := range []setting[string]{c.caFile, c.certFile, c.keyFile} {
			if f.given() && !fromEnvironment(f.from) {
				errs = append(errs, fmt.Errorf("%s: the endpoint %s is plaintext", f.from, s.target))
				break
			}
		}
	case s.target.plaintext:
		if from := cmp.Or(c.caFile.from, c.certFile.from, c.keyFile.from); from != "" {
			errs = append(errs, fmt.Errorf("%s: the endpoint %s is plaintext", from, s.target))
		}
	default:
		s.tls = files
		errs = append(errs, files.load())
	}
	return s, errors.Join(errs...)
}

// ownPlaintext tells whether an option, rather than the environment, asked for
// a plaintext endpoint.
func (c config) ownPlaintext() bool {
	return c.endpoint.given() && !fromEnvironment(c.endpoint.from)
}

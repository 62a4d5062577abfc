// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	prefix        = "OTEL_EXPORTER_OTLP_"
	prefixMetrics = prefix + "METRICS_"
)

// environment reads variables; an empty one counts as not set, as the
// specification wants it.
type environment func(string) string

func (e environment) value(name string) string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e(name))
}

// first returns the variable of metrics, or else that of all signals.
func (e environment) first(suffix string) (name, value string) {
	for _, name := range []string{prefixMetrics + suffix, prefix + suffix} {
		if value := e.value(name); value != "" {
			return name, value
		}
	}
	return "", ""
}

// fill takes from the environment what no option has set. A variable that is
// overridden is not even looked at, so it may well be wrong for us.
func (c *config) fill(e environment) {
	if name, value := e.first("PROTOCOL"); name != "" && !c.protocol.given() {
		c.setProtocol(name, value)
	}
	c.fillEndpoint(e)
	if name, value := e.first("HEADERS"); name != "" && !c.headers.given() {
		headers, errs := parseHeaders(value)
		for _, err := range errs {
			c.fail(fmt.Errorf("%s: %w", name, err))
		}
		c.setHeaders(name, headers)
	}
	if name, value := e.first("COMPRESSION"); name != "" && !c.compression.given() {
		c.setCompression(name, value)
	}
	name, value := e.first("TIMEOUT")
	c.fillMillis(&c.timeout, name, value)
	c.fillMillis(&c.interval, "OTEL_METRIC_EXPORT_INTERVAL", e.value("OTEL_METRIC_EXPORT_INTERVAL"))
	c.fillMillis(&c.exportTimeout, "OTEL_METRIC_EXPORT_TIMEOUT", e.value("OTEL_METRIC_EXPORT_TIMEOUT"))
	c.fillTLS(e)
}

// fillEndpoint takes the endpoint and, together with it alone, the word of the
// environment on plaintext: an endpoint set by the program stays as safe as
// the program made it.
func (c *config) fillEndpoint(e environment) {
	if c.endpoint.given() {
		return
	}
	if value := e.value(prefixMetrics + "ENDPOINT"); value != "" {
		c.setEndpoint(prefixMetrics+"ENDPOINT", value, pathAsIs)
	} else if value := e.value(prefix + "ENDPOINT"); value != "" {
		c.setEndpoint(prefix+"ENDPOINT", value, pathAppend)
	}
	name, value := e.first("INSECURE")
	switch {
	case name == "" || c.insecure.given():
	case strings.EqualFold(value, "true"), strings.EqualFold(value, "false"):
		c.insecure = setting[bool]{strings.EqualFold(value, "true"), name}
	default:
		c.fail(invalid(name, value, "want true or false"))
	}
}

// fillTLS takes the client certificate and its key as a pair, so that the key
// of one is never paired with the certificate of another source.
func (c *config) fillTLS(e environment) {
	if name, value := e.first("CERTIFICATE"); name != "" && !c.caFile.given() {
		c.caFile = setting[string]{value, name}
	}
	if c.certFile.given() || c.keyFile.given() {
		return
	}
	if name, value := e.first("CLIENT_CERTIFICATE"); name != "" {
		c.certFile = setting[string]{value, name}
	}
	if name, value := e.first("CLIENT_KEY"); name != "" {
		c.keyFile = setting[string]{value, name}
	}
}

func (c *config) fillMillis(s *setting[time.Duration], name, value string) {
	if value == "" || s.given() {
		return
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < MinDuration.Milliseconds() || n > math.MaxInt64/int64(time.Millisecond) {
		c.fail(invalid(name, value, fmt.Sprintf("want a whole number of milliseconds, at least %d", MinDuration.Milliseconds())))
		return
	}
	*s = setting[time.Duration]{time.Duration(n) * time.Millisecond, name}
}

// preferences are the variables that choose what the data mean. Delta may
// lose data in an outage and buckets belong to the views, so the environment alone
// does not decide them; that it is not obeyed must not go unnoticed.
func (c *config) preferences(e environment) (notObeyed error) {
	const (
		temporality = prefixMetrics + "TEMPORALITY_PREFERENCE"
		aggregation = prefixMetrics + "DEFAULT_HISTOGRAM_AGGREGATION"
	)
	var ignored []error
	switch value := e.value(temporality); {
	case c.temporality.given():
	case value == "" || strings.EqualFold(value, "cumulative"):
	case strings.EqualFold(value, "delta"), strings.EqualFold(value, "lowmemory"):
		ignored = append(ignored, invalid(temporality, value,
			"not obeyed, since delta may lose data in an outage; the program may ask for it with otlp.WithTemporality"))
	default:
		c.fail(invalid(temporality, value, "want cumulative, delta or lowmemory"))
	}
	switch value := e.value(aggregation); strings.ToLower(value) {
	case "", "explicit_bucket_histogram":
	case "base2_exponential_bucket_histogram":
		ignored = append(ignored, invalid(aggregation, value,
			"not obeyed, since views choose the buckets; the program may ask for it with views.Exponential"))
	default:
		c.fail(invalid(aggregation, value, "want explicit_bucket_histogram or base2_exponential_bucket_histogram"))
	}
	return errors.Join(ignored...)
}

// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"maps"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Defaults of the options.
const (
	// DefaultTimeout is how long one request may take, retries included.
	DefaultTimeout = 10 * time.Second
	// DefaultInterval is the time between two pushes.
	DefaultInterval = time.Minute
	// DefaultExportTimeout is how long one push, with all its requests, may take.
	DefaultExportTimeout = 30 * time.Second
	// MinDuration is the least that each of these three may be: shorter ones are
	// a number in the wrong unit, and would keep the process busy with pushing.
	MinDuration = 100 * time.Millisecond
	// DefaultBatchSize is the most data points that one request holds.
	//
	// A gRPC server takes messages of 4 MiB unless told otherwise, so 2,000
	// points leave 2,097 bytes to each. The largest that this module makes, a
	// histogram of 20 buckets with 8 attributes of 128 bytes, takes about
	// 1,700; a usual counter takes 170.
	DefaultBatchSize = 2000
)

// Values of [WithProtocol].
const (
	ProtocolGRPC = "grpc"
	ProtocolHTTP = "http/protobuf"
)

// Values of [WithCompression].
const (
	CompressionGzip = "gzip"
	CompressionNone = "none"
)

// Option configures an [Exporter]. When an option is given twice, the later
// one counts.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// option makes an Option of a change to the configuration, which is a copy.
func option(change func(*config)) Option {
	return optionFunc(func(c config) config {
		change(&c)
		return c
	})
}

// WithProtocol sets the protocol: [ProtocolGRPC], the default, or [ProtocolHTTP].
func WithProtocol(protocol string) Option {
	return option(func(c *config) { c.setProtocol("WithProtocol", protocol) })
}

// WithEndpoint sets where the collector listens: a URL with scheme http or
// https, or "host:port", which means https unless [WithInsecure] is given.
// Without a port, a URL means port 80 or 443. Credentials, query and fragment
// are refused, since an endpoint is shown in logs: see [WithHeaders].
//
// With gRPC there is no path. With HTTP a URL without a path gets /v1/metrics,
// and any other path is used as it is.
//
// The default is http://localhost:4317 for gRPC and
// http://localhost:4318/v1/metrics for HTTP.
func WithEndpoint(endpoint string) Option {
	return option(func(c *config) { c.setEndpoint("WithEndpoint", endpoint, pathIfNone) })
}

// WithInsecure drops TLS for an endpoint that is given as "host:port". It is
// an error with an https endpoint.
func WithInsecure() Option {
	return option(func(c *config) { c.insecure = setting[bool]{true, "WithInsecure"} })
}

// WithHeaders sets the headers, or the gRPC metadata, of every request. It
// replaces the headers of the environment as a whole. Names are those of HTTP
// headers; values are printable ASCII. Neither [Exporter.String] nor any error
// shows a value.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return option(func(c *config) { c.setHeaders("WithHeaders", headers) })
}

// WithCompression sets the compression: [CompressionGzip], the default, or
// [CompressionNone].
func WithCompression(compression string) Option {
	return option(func(c *config) { c.setCompression("WithCompression", compression) })
}

// WithTimeout sets how long one request may take, retries included: at least
// [MinDuration], [DefaultTimeout] by default.
func WithTimeout(d time.Duration) Option {
	return option(func(c *config) { c.setDuration(&c.timeout, "WithTimeout", d) })
}

// WithInterval sets the time between two pushes: at least [MinDuration],
// [DefaultInterval] by default.
func WithInterval(d time.Duration) Option {
	return option(func(c *config) { c.setDuration(&c.interval, "WithInterval", d) })
}

// WithExportTimeout sets how long one push, with all its requests, may take:
// at least [MinDuration], [DefaultExportTimeout] by default. A deadline of the
// context that a flush or a shutdown is given goes first.
func WithExportTimeout(d time.Duration) Option {
	return option(func(c *config) { c.setDuration(&c.exportTimeout, "WithExportTimeout", d) })
}

// WithBatchSize sets the most data points that one request holds: more than
// zero, [DefaultBatchSize] by default. Should the collector still find a
// request too large, it is sent again in halves, and so are all later ones.
func WithBatchSize(n int) Option {
	return option(func(c *config) {
		if n <= 0 {
			c.fail(invalid("WithBatchSize", strconv.Itoa(n), "want more than zero"))
		}
		c.batchSize = setting[int]{n, "WithBatchSize"}
	})
}

// WithCACertificate sets the PEM file of the authorities that the collector's
// certificate must come from, in place of the system's. The file is read again
// before every push, so a replaced one counts from the next push on; a
// broken one is reported and the last good one stays in force.
func WithCACertificate(path string) Option {
	return option(func(c *config) { c.caFile = setting[string]{path, "WithCACertificate"} })
}

// WithClientCertificate sets the PEM files of the certificate and the private
// key that are shown to the collector. They are read again as that of
// [WithCACertificate] is.
func WithClientCertificate(certPath, keyPath string) Option {
	return option(func(c *config) {
		c.certFile = setting[string]{certPath, "WithClientCertificate"}
		c.keyFile = setting[string]{keyPath, "WithClientCertificate"}
	})
}

// WithTemporality sets what counters and histograms say:
// [metricdata.CumulativeTemporality], the default, or
// [metricdata.DeltaTemporality].
//
// Cumulative counts since the start, so whatever an outage kept back is in the
// next push that arrives. Delta counts since the last collection. What a failed
// push held goes with the next one, but not when the collector refused it for
// good, and 100,000 data points at most: of more, the oldest are lost, which
// [Exporter.UndeliveredPoints] counts. What a collector took without being able
// to say so arrives twice. Take delta only for a backend that knows nothing
// else. Up-down counters are cumulative in both.
func WithTemporality(t metricdata.Temporality) Option {
	return option(func(c *config) {
		if t != metricdata.CumulativeTemporality && t != metricdata.DeltaTemporality {
			c.fail(invalid("WithTemporality", t.String(), "want cumulative or delta"))
			return
		}
		c.temporality = setting[metricdata.Temporality]{t, "WithTemporality"}
	})
}

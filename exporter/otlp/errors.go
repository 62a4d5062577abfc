// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"strconv"
)

// DeliveryError says what a push could not deliver. The next push that arrives
// makes up for it, but after the last push of a shutdown it is lost, and so are
// delta data that the collector refused for good.
type DeliveryError struct {
	// DataPoints and Metrics count what was in the requests that failed.
	DataPoints, Metrics int
	// Err is the cause: that of the first request that failed.
	Err error

	exporter string
	kind     string
	text     string // the cause, fit for a log
	ctx      error  // why the caller's context was done, if it was
}

// Error names the exporter, what was not delivered and the cause.
func (e *DeliveryError) Error() string {
	return fmt.Sprintf("%s: %s of %s not delivered: %s", e.exporter,
		count(e.DataPoints, "data point"), count(e.Metrics, "metric"), e.text)
}

// Unwrap returns the cause and, if the caller's context was done, its error.
func (e *DeliveryError) Unwrap() []error {
	if e.ctx == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.ctx}
}

// RejectedError says how many data points a collector took no liking to while
// it took the rest of the push. They are not sent again.
type RejectedError struct {
	// DataPoints is how many were rejected.
	DataPoints int64
	// Message is the collector's explanation, on one line, possibly empty.
	Message string

	exporter string
}

// Error names the exporter, the number and the collector's explanation.
func (e *RejectedError) Error() string {
	message := e.Message
	if message == "" {
		message = "no reason given"
	}
	return fmt.Sprintf("%s: %s rejected by the collector: %s", e.exporter, count(e.DataPoints, "data point"), message)
}

func count[N int | int64](n N, what string) string {
	s := strconv.FormatInt(int64(n), 10) + " " + what
	if n != 1 {
		s += "s"
	}
	return s
}

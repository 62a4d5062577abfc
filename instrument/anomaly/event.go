// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"net/netip"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// event is an attempt as the analysis sees it: names are keys already, so that none
// waits in the queue.
type event struct {
	at       int64 // nanoseconds since 1970
	duration int64 // nanoseconds, -1 where nobody knows
	service  string
	source   Key
	network  Key // of the source: its /24, or /48 of IPv6
	subject  Key
	session  Key

	latitude, longitude float32
	located             bool

	operation instrument.Operation
	label     uint8 // the method of an authentication, the type of a token
	result    semconv.Result
	reason    semconv.Reason
}

// reduce makes the event. It allocates nothing.
func (d *Detector) reduce(e *instrument.Event) event {
	c := &e.Caller
	ev := event{
		at:        e.Time.UnixNano(),
		duration:  -1,
		service:   e.Service,
		operation: e.Operation,
		result:    e.Outcome.Result,
		reason:    e.Outcome.Reason,
	}
	if e.Timed {
		ev.duration = int64(e.Duration)
	}
	switch e.Operation {
	case instrument.OperationAuthentication:
		ev.label = uint8(e.Method)
	case instrument.OperationTokenVerification, instrument.OperationToken:
		ev.label = uint8(e.TokenType)
	default:
	}
	ev.source, ev.network = d.sourceKeys(c.Source, c.Host)
	if c.Subject != "" {
		ev.subject = d.hash.text(domainSubject, c.Subject)
	}
	if c.Session != "" {
		ev.session = d.hash.text(domainSession, c.Session)
	}
	if locate := d.rules.ImpossibleTravel.Locator; locate != nil && c.Source.IsValid() && e.Outcome.Result == semconv.ResultSuccess {
		lat, lon, ok := locate(c.Source)
		ev.latitude, ev.longitude, ev.located = float32(lat), float32(lon), ok
	}
	return ev
}

// sourceKeys returns the keys of a source and of its network. An IPv6 client mostly
// has a whole /64, so that is the source.
func (d *Detector) sourceKeys(a netip.Addr, host string) (source, network Key) {
	switch {
	case a.IsValid():
		a = a.Unmap()
		b := a.As16()
		if a.Is4() {
			source = d.hash.bytes16(domainSource, b)
			b[15] = 0
			return source, d.hash.bytes16(domainNetwork, b)
		}
		if a.IsLoopback() || a.IsLinkLocalUnicast() {
			source = d.hash.bytes16(domainSource, b)
			return source, source
		}
		clear(b[8:])
		source = d.hash.bytes16(domainSource, b)
		clear(b[6:])
		return source, d.hash.bytes16(domainNetwork, b)
	case host != "":
		source = d.hash.text(domainHost, host)
		return source, source
	}
	return 0, 0
}

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
		result:    within(e.Outcome.Result, semconv.NumResult),
		reason:    within(e.Outcome.Reason, semconv.NumReason),
	}
	if e.Timed {
		ev.duration = int64(e.Duration)
	}
	switch e.Operation {
	case instrument.OperationAuthentication:
		ev.label = uint8(within(e.Method, semconv.NumMethod))
	case instrument.OperationTokenVerification, instrument.OperationToken:
		ev.label = uint8(within(e.TokenType, semconv.NumTokenType))
	default:
	}
	ev.source = d.sourceKey(c.Source, c.Host)
	if c.Subject != "" {
		ev.subject = d.hash.text(domainSubject, c.Subject)
	}
	if c.Session != "" {
		ev.session = d.hash.text(domainSession, c.Session)
		ev.network = d.networkKey(c.Source, ev.source)
	}
	if locate := d.rules.ImpossibleTravel.Locator; locate != nil && c.Source.IsValid() && e.Outcome.Result == semconv.ResultSuccess {
		lat, lon, ok := locate(c.Source)
		ev.latitude, ev.longitude, ev.located = float32(lat), float32(lon), ok
	}
	return ev
}

// within makes _OTHER of a value outside its enum, which a recorder never sends.
func within[E ~uint8](v, end E) E {
	if v >= end {
		return 0
	}
	return v
}

// sourceKey returns the key of a source. An IPv6 client mostly has a whole /64, so
// that is the source.
func (d *Detector) sourceKey(a netip.Addr, host string) Key {
	switch {
	case a.IsValid():
		a = a.Unmap()
		b := a.As16()
		if a.Is6() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			clear(b[8:])
		}
		return d.hash.bytes16(domainSource, b)
	case host != "":
		return d.hash.text(domainHost, host)
	}
	return 0
}

// networkKey returns the key of the network around an address: its /24, or /48 of
// IPv6.
func (d *Detector) networkKey(a netip.Addr, source Key) Key {
	if !a.IsValid() {
		return source
	}
	a = a.Unmap()
	b := a.As16()
	if a.Is4() {
		b[15] = 0
	} else {
		clear(b[6:])
	}
	return d.hash.bytes16(domainNetwork, b)
}

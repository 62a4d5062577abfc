// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// Authentication returns the handle for authentication attempts by one method:
// auth.authentication.attempts and auth.authentication.duration. Labels are
// [Provider] and [Tenant]. A method outside the enum is [semconv.MethodOther].
func (s *Service) Authentication(m semconv.Method, lbs ...Label) *Attempts {
	if s == nil {
		return nil
	}
	m = enum(context.Background(), s.rec, m, semconv.NumMethod, semconv.SDKAttributeMethod)
	if len(lbs) > 0 {
		l := s.rec.resolveAttemptLabels(lbs)
		return handle(s, handleKey{thing: thingAuthentication, value: uint8(m), labels: l},
			func() *Attempts { return s.bindAuthentication(m, l) })
	}
	if a := s.authentications[m].Load(); a != nil {
		return a
	}
	return slot(s, &s.authentications[m], func() *Attempts { return s.bindAuthentication(m, labels{}) })
}

func (s *Service) bindAuthentication(m semconv.Method, l labels) *Attempts {
	in := &s.rec.inst
	a := newAttempts(s, in.authenticationAttempts.Inst(), in.authenticationDuration.Inst(),
		m.Reasons(), with(l.attrs(), s.name, m.Attr())...)
	a.what = Event{Operation: OperationAuthentication, Method: m}
	a.outcomes.certificates = m == semconv.MethodMTLS
	return a
}

// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// Label is an opt-in attribute of a handle. Its value is looked up in the
// allow-list that [WithAllowed] gives; any other value becomes _OTHER and is
// counted.
type Label struct {
	key   attribute.Key
	value string
}

// Provider is the identity provider (auth.provider), for
// [Service.Authentication] and [Service.TokenVerification].
func Provider(name string) Label { return Label{semconv.ProviderKey, name} }

// Tenant is the tenant (auth.tenant), for [Service.Authentication] and
// [Service.TokenVerification].
func Tenant(name string) Label { return Label{semconv.TenantKey, name} }

// Policy is the policy that decides (auth.policy), for [Service.Authorization].
func Policy(name string) Label { return Label{semconv.PolicyKey, name} }

// labels are the resolved labels of a handle, empty where none is given.
type labels struct {
	provider, tenant, policy string
}

// attrs returns the labels as attributes.
func (l labels) attrs() []attribute.KeyValue {
	var kvs []attribute.KeyValue
	for _, kv := range []attribute.KeyValue{
		semconv.ProviderKey.String(l.provider),
		semconv.TenantKey.String(l.tenant),
		semconv.PolicyKey.String(l.policy),
	} {
		if kv.Value.AsString() != "" {
			kvs = append(kvs, kv)
		}
	}
	return kvs
}

// resolveAttemptLabels resolves the labels that attempts can have.
func (r *Recorder) resolveAttemptLabels(given []Label) labels {
	var l labels
	for _, g := range given {
		switch g.key {
		case semconv.ProviderKey:
			l.provider = r.allow(g.key, g.value)
		case semconv.TenantKey:
			l.tenant = r.allow(g.key, g.value)
		default:
			r.wrongLabel.Do(func() { otel.Handle(errNoAttemptLabel) })
		}
	}
	return l
}

// resolvePolicy resolves the label that authorization decisions can have.
func (r *Recorder) resolvePolicy(given []Label) labels {
	var l labels
	for _, g := range given {
		if g.key != semconv.PolicyKey {
			r.wrongLabel.Do(func() { otel.Handle(errNoDecisionLabel) })
			continue
		}
		l.policy = r.allow(g.key, g.value)
	}
	return l
}

var (
	errNoAttemptLabel  = errors.New("otelauth: attempts take the labels Provider and Tenant; another one was left out")
	errNoDecisionLabel = errors.New("otelauth: decisions take the label Policy; another one was left out")
)

// allow returns v if the allow-list of the attribute has it, else _OTHER, which
// it counts.
func (r *Recorder) allow(key attribute.Key, v string) string {
	if r.allowed.has(key, v) {
		return v
	}
	r.collapse(context.Background(), allowListed[key])
	return semconv.Other
}

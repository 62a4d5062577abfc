// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"encoding/hex"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// text is something exported in which a secret could be.
type text struct {
	where string // as in "in the value of auth.method of auth.token.verifications"
	text  string
}

// exported returns every text of the collected data.
func exported(rm metricdata.ResourceMetrics) []text {
	var all []text
	if rm.Resource != nil {
		all = attributes(all, "the resource", rm.Resource.Attributes())
		all = append(all, text{"the schema URL of the resource", rm.Resource.SchemaURL()})
	}
	for _, sm := range rm.ScopeMetrics {
		all = append(all,
			text{"the name of a scope", sm.Scope.Name},
			text{"the version of a scope", sm.Scope.Version},
			text{"the schema URL of a scope", sm.Scope.SchemaURL})
		all = attributes(all, "a scope", sm.Scope.Attributes.ToSlice())
		for _, m := range sm.Metrics {
			all = append(all,
				text{"the name of a metric", m.Name},
				text{"the unit of a metric", m.Unit},
				text{"the description of a metric", m.Description})
			for _, p := range points(m) {
				all = attributes(all, m.Name, p.attrs.ToSlice())
			}
			all = exemplarsOf(all, m)
		}
	}
	return all
}

func exemplarsOf(all []text, m metricdata.Metrics) []text {
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.Sum[float64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.ExponentialHistogram[int64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	case metricdata.ExponentialHistogram[float64]:
		for _, p := range d.DataPoints {
			all = exemplars(all, m.Name, p.Exemplars)
		}
	}
	return all
}

func exemplars[N int64 | float64](all []text, metric string, es []metricdata.Exemplar[N]) []text {
	for _, e := range es {
		where := "an exemplar of " + metric
		all = attributes(all, where, e.FilteredAttributes)
		// The bytes as well as how they are shown: an identifier may have been put there.
		for _, id := range [][]byte{e.TraceID, e.SpanID} {
			all = append(all, text{where, string(id)}, text{where, hex.EncodeToString(id)})
		}
	}
	return all
}

func attributes(all []text, of string, attrs []attribute.KeyValue) []text {
	for _, kv := range attrs {
		all = append(all, text{"a key of " + of, string(kv.Key)})
		all = value(all, "the value of "+string(kv.Key)+" of "+of, kv.Value)
	}
	return all
}

// value adds a value as it is shown, and what is inside it piece by piece, since
// showing it as a whole escapes the pieces.
func value(all []text, where string, v attribute.Value) []text {
	all = append(all, text{where, v.String()})
	switch v.Type() {
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			all = append(all, text{where, s})
		}
	case attribute.BYTESLICE:
		all = append(all, text{where, string(v.AsByteSlice())})
	case attribute.SLICE:
		for _, inner := range v.AsSlice() {
			all = value(all, where, inner)
		}
	case attribute.MAP:
		for _, kv := range v.AsMap() {
			all = value(append(all, text{where, string(kv.Key)}), where, kv.Value)
		}
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

func attributes(p interface{ GetAttributes() []*commonpb.KeyValue }) map[string]string {
	out := map[string]string{}
	for _, kv := range p.GetAttributes() {
		out[kv.GetKey()] = kv.GetValue().GetStringValue()
	}
	return out
}

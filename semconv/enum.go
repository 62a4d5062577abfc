// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// attrs makes the attributes of a closed list once, so that recording makes
// none.
func attrs(key attribute.Key, names []string) []attribute.KeyValue {
	kvs := make([]attribute.KeyValue, len(names))
	for i, name := range names {
		kvs[i] = key.String(name)
	}
	return kvs
}

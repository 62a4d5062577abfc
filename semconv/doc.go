// SPDX-License-Identifier: Apache-2.0

// Package semconv holds the names that this SDK gives the world: metrics,
// attribute keys and closed lists of values for authentication and
// authorization.
//
// All of it is generated from the YAML files in the folder registry, which have
// the format of OpenTelemetry's own semantic-convention registries. README.md
// beside them lists every name.
//
// # Values
//
// An attribute is a closed list or an allow-list. A closed list is a small
// integer type such as [Method]. Its zero value is "_OTHER", the value of all
// that is outside the list, so that no text of a request can become a label:
//
//	semconv.ParseMethod("password") // MethodPassword
//	semconv.ParseMethod("x' OR 1")  // MethodOther
//	semconv.MethodPassword.Attr()   // auth.method="password", no allocation
//
// The numbers behind the values may change from one version to the next; only
// the texts are kept.
//
// The values of an allow-list, such as those of [ServiceNameKey], are declared
// by the user of package instrument.
//
// # Metrics
//
// [Metrics] returns the whole registry as data. Package authconv has a typed
// instrument for each metric.
package semconv

//go:generate go run ../internal/semgen

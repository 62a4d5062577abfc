// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

const manifestYAML = `schema_url: https://example.com/schemas/1.2.3
description: A small registry.
stability: development
`

const attributesYAML = `groups:
  - id: registry.auth.login
    type: attribute_group
    brief: Logging in.
    attributes:
      - id: auth.kind
        type:
          members:
            - {id: other, value: _OTHER, stability: development, brief: "Another kind."}
            - {id: api_key, value: api_key, stability: development, brief: "A key."}
        stability: development
        brief: The kind.
        annotations:
          otelauth:
            reasons:
              other: []
              api_key: [expired]
      - id: auth.failure.reason
        type:
          members:
            - {id: other, value: _OTHER, stability: development, brief: "Another reason."}
            - {id: expired, value: expired, stability: development, brief: "It is too old."}
        stability: development
        brief: The reason.
        annotations:
          otelauth:
            go_name: Reason
      - id: auth.place
        type: string
        stability: development
        brief: The place.
        examples: [here]
        annotations:
          otelauth:
            allow_list: true
            well_known: [there]
`

const metricsYAML = `groups:
  - id: metric.auth.login.attempts
    type: metric
    metric_name: auth.login.attempts
    brief: Logins.
    instrument: counter
    unit: "{attempt}"
    stability: development
    annotations:
      code_generation:
        metric_value_type: int
    attributes:
      - {ref: auth.kind, requirement_level: required}
      - {ref: auth.place, requirement_level: opt_in}
      - ref: auth.failure.reason
        requirement_level:
          conditionally_required: On failure.
  - id: metric.auth.login.duration
    type: metric
    metric_name: auth.login.duration
    brief: How long a login took.
    note: Logins take a tenth of a second.
    instrument: histogram
    unit: s
    stability: development
    annotations:
      code_generation:
        metric_value_type: double
      otelauth:
        buckets: [0.05, 0.1, 0.2]
`

// smallRegistry has one of everything. The metrics' file comes before that of
// the attributes to which they refer.
func smallRegistry() fstest.MapFS {
	return fstest.MapFS{
		manifestName:      {Data: []byte(manifestYAML)},
		"login.yaml":      {Data: []byte(attributesYAML)},
		"an_earlier.yaml": {Data: []byte(metricsYAML)},
	}
}

func TestReadRegistry(t *testing.T) {
	reg, err := readRegistry(smallRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := reg.SchemaURL, "https://example.com/schemas/1.2.3"; got != want {
		t.Errorf("schema URL is %q, want %q", got, want)
	}
	if len(reg.Attributes) != 3 || len(reg.Metrics) != 2 {
		t.Fatalf("%d attributes and %d metrics, want 3 and 2", len(reg.Attributes), len(reg.Metrics))
	}

	kind := reg.Attributes[1]
	if kind.GoName != "Kind" || !kind.IsEnum() || !kind.HasReason || kind.Area() != "login" {
		t.Errorf("auth.kind is %+v", kind)
	}
	key := kind.Members[1]
	if key.GoName != "KindAPIKey" || reasonList(key) != "`expired`, `_OTHER`" {
		t.Errorf("member is %+v", key)
	}
	if place := reg.Attributes[2]; place.IsEnum() || place.WellKnown[0] != "there" {
		t.Errorf("auth.place is %+v", place)
	}

	attempts := reg.Metrics[0]
	if got, want := attributeList(attempts, ""), "`auth.kind`, `auth.place` (opt-in), `auth.failure.reason` (on failure)"; got != want {
		t.Errorf("attributes are %s, want %s", got, want)
	}
	if got, want := attributeList(attempts, "auth.kind"), "`auth.place` (opt-in), `auth.failure.reason` (on failure)"; got != want {
		t.Errorf("attributes are %s, want %s", got, want)
	}
	if len(attempts.Required()) != 1 || len(attempts.Optional()) != 2 {
		t.Errorf("%d required and %d optional attributes, want 1 and 2", len(attempts.Required()), len(attempts.Optional()))
	}
	if d := reg.Metrics[1]; !d.Float || bounds(d) != "0.05, 0.1, 0.2" {
		t.Errorf("duration is %+v", d)
	}
}

// wantError checks that err says each of the texts.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", texts)
	}
	for _, s := range texts {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error is\n%v\nwant %q in it", err, s)
		}
	}
}

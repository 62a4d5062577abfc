// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
	"testing/fstest"
)

// sdkAttribute returns an attribute auth.sdk.attribute with one member, to go
// before auth.place.
func sdkAttribute(id, value string) string {
	return `id: auth.sdk.attribute
        type:
          members:
            - {id: other, value: _OTHER, stability: development, brief: Another.}
            - {id: ` + id + ", value: " + value + `, stability: development, brief: One.}
        stability: development
        brief: The attribute.
      - id: auth.place`
}

// Each case breaks the small registry in one place; the error must name the
// file, the id and what is wrong.
func TestBrokenRegistry(t *testing.T) {
	const login, metrics = "login.yaml", "an_earlier.yaml"
	for _, tt := range []struct{ name, file, old, new, where, want string }{
		{"not YAML", login, "groups:", "groups: [", "login.yaml: ", "yaml"},
		{"unknown field", login, "brief: The kind.", "breif: The kind.", "login.yaml: ", "field breif not found"},
		{"unknown annotation", metrics, "buckets:", "bounds:", "an_earlier.yaml: ", "field bounds not found"},
		{"unknown field of a member", login, `brief: "A key."`, `biref: "A key."`, "login.yaml: ", "field biref not found"},
		{"field twice", metrics, "unit: s", "unit: s\n    unit: s", "an_earlier.yaml: ", "already set"},
		{"schema URL", manifestName, "https://example.com/schemas/1.2.3", "example.com", "registry_manifest.yaml: schema_url: ", `"example.com" is no https URL`},

		{"group type", login, "type: attribute_group", "type: span", "login.yaml: registry.auth.login: ", `unknown type "span"`},
		{"group twice", metrics, "id: metric.auth.login.attempts", "id: registry.auth.login", "login.yaml: registry.auth.login: ", "already in an_earlier.yaml"},
		{"group without id", login, "id: registry.auth.login\n", "id: \"\"\n", "login.yaml: ", "group without an id"},
		{"group with unit", login, "    brief: Logging in.", "    brief: Logging in.\n    unit: s", "login.yaml: registry.auth.login: ", "no metric_name, instrument or unit"},
		{"stability", login, "stability: development\n        brief: The kind.", "stability: experimental\n        brief: The kind.", "login.yaml: auth.kind: ", `unknown stability "experimental"`},
		{"brief missing", login, "brief: The kind.", "note: The kind.", "login.yaml: auth.kind: ", "brief is missing"},
		{"brief no sentence", login, "brief: The kind.", "brief: The kind", "login.yaml: auth.kind: ", "full stop"},

		{"namespace", login, "id: auth.kind", "id: login.kind", "login.yaml: login.kind: ", "namespace auth"},
		{"upper case", login, "id: auth.place", "id: auth.Place", "login.yaml: auth.Place: ", "lower case"},
		{"attribute twice", login, "id: auth.place", "id: auth.kind", "login.yaml: auth.kind: ", `"auth.kind" is already in login.yaml`},
		{"Go name twice", login, "go_name: Reason", "go_name: Kind", "login.yaml: auth.failure.reason: ", "Go name Kind is already that of auth.kind"},
		{"ref in a definition", login, "- id: auth.place", "- id: auth.place\n        ref: auth.kind", "login.yaml: auth.place: ", `ref "auth.kind" in a group`},
		{"free string", login, "allow_list: true", "allow_list: false", "login.yaml: auth.place: ", "must be an enum or annotated as allow_list"},
		{"no examples", login, "examples: [here]\n", "examples: []\n", "login.yaml: auth.place: ", "examples are missing"},
		{"type", login, "type: string", "type: int", "login.yaml: auth.place: ", `type "int" is neither`},
		{"enum with allow-list", login, "go_name: Reason", "{go_name: Reason, allow_list: true}", "login.yaml: auth.failure.reason: ", "an enum has no allow-list"},

		{"no _OTHER", login, "id: other, value: _OTHER, stability: development, brief: \"Another kind.\"", "id: any, value: any, stability: development, brief: \"Another kind.\"", "login.yaml: auth.kind: ", "first member must be other"},
		{"member id twice", login, "id: api_key, value: api_key", "id: other, value: api_key", "login.yaml: auth.kind: ", `member id "other" is there twice`},
		{"value twice", login, "id: api_key, value: api_key", "id: api_key, value: _OTHER", "login.yaml: auth.kind: ", `member value "_OTHER" is there twice`},
		{"value's form", login, "id: api_key, value: api_key", "id: api_key, value: API-Key", "login.yaml: auth.kind: ", `member value "API-Key" is not lower case`},
		{"member id's form", login, "id: api_key, value: api_key", "id: API, value: api_key", "login.yaml: auth.kind: ", `member id "API" is not lower case`},
		{"member's brief", login, `brief: "A key."`, `brief: ""`, "login.yaml: auth.kind: ", "brief is missing"},

		{"unknown reason", login, "api_key: [expired]", "api_key: [lost]", "login.yaml: auth.kind: ", `unknown reason "lost"`},
		{"reason _OTHER", login, "api_key: [expired]", "api_key: [other]", "login.yaml: auth.kind: ", `unknown reason "other"`},
		{"reason twice", login, "api_key: [expired]", "api_key: [expired, expired]", "login.yaml: auth.kind: ", `"expired" is there twice`},
		{"reasons missing", login, "other: []\n", "", "login.yaml: auth.kind: ", `reasons of member "other" are missing`},
		{"reasons of nobody", login, "other: []", "other: []\n              jwt: []", "login.yaml: auth.kind: ", `reasons of the unknown member "jwt"`},
		{"no reasons at all", login, "id: auth.failure.reason", "id: auth.failure.cause", "login.yaml: auth.kind: ", "without an attribute auth.failure.reason"},
		{"collapsible unknown", login, "id: auth.place", sdkAttribute("x", "auth.x"), "login.yaml: auth.sdk.attribute: ", `member "auth.x" is no attribute`},
		{"collapsible missing", login, "id: auth.place", sdkAttribute("kind", "auth.kind"), "login.yaml: auth.sdk.attribute: ", `member "auth.place" is missing`},
		{"collapsible Go name", login, "id: auth.place", sdkAttribute("x", "auth.kind"), "login.yaml: auth.sdk.attribute: ", "does not give the Go name SDKAttributeKind"},

		{"group id of a metric", metrics, "id: metric.auth.login.attempts", "id: metric.login", "an_earlier.yaml: metric.login: ", `id is not "metric.auth.login.attempts"`},
		{"metric's namespace", metrics, "metric_name: auth.login.attempts", "metric_name: login.attempts", "an_earlier.yaml: metric.auth.login.attempts: ", "namespace auth"},
		{"total", metrics, "metric_name: auth.login.attempts", "metric_name: auth.login.attempts_total", "an_earlier.yaml: metric.auth.login.attempts: ", "ends in total"},
		{"metric twice", metrics, "metric_name: auth.login.duration", "metric_name: auth.login.attempts", "an_earlier.yaml: metric.auth.login.duration: ", `"auth.login.attempts" is already in`},
		{"metric named as an attribute", metrics, "metric_name: auth.login.attempts", "metric_name: auth.kind", "an_earlier.yaml: metric.auth.login.attempts: ", `"auth.kind" is already in login.yaml`},
		{"unit", metrics, "{attempt}", "attempt", "an_earlier.yaml: metric.auth.login.attempts: ", `unit "attempt" is not`},
		{"plural unit", metrics, "{attempt}", "{attempts}", "an_earlier.yaml: metric.auth.login.attempts: ", "not singular"},
		{"duration not in seconds", metrics, "unit: s\n", "unit: \"1\"\n", "an_earlier.yaml: metric.auth.login.duration: ", "has the unit s"},
		{"duration in whole numbers", metrics, "metric_value_type: double", "metric_value_type: int", "an_earlier.yaml: metric.auth.login.duration: ", "has the value type double"},
		{"value type", metrics, "metric_value_type: int", "metric_value_type: long", "an_earlier.yaml: metric.auth.login.attempts: ", `metric_value_type "long"`},
		{"instrument", metrics, "instrument: counter", "instrument: meter", "an_earlier.yaml: metric.auth.login.attempts: ", `unknown instrument "meter"`},
		{"observable counter", metrics, "metric_value_type: int", "metric_value_type: int\n      otelauth:\n        observable: true", "an_earlier.yaml: metric.auth.login.attempts: ", "only a gauge can be observable"},
		{"no buckets", metrics, "buckets: [0.05, 0.1, 0.2]", "buckets: []", "an_earlier.yaml: metric.auth.login.duration: ", "a histogram, and nothing else, has buckets"},
		{"buckets fall", metrics, "[0.05, 0.1, 0.2]", "[0.1, 0.05]", "an_earlier.yaml: metric.auth.login.duration: ", "must be positive and rise (at 0.05)"},
		{"infinite bucket", metrics, "[0.05, 0.1, 0.2]", "[0.1, .inf]", "an_earlier.yaml: metric.auth.login.duration: ", "must be positive and rise (at +Inf)"},
		{"too many buckets", metrics, "[0.05, 0.1, 0.2]", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]", "an_earlier.yaml: metric.auth.login.duration: ", "15 bucket boundaries are more than 14"},
		{"buckets without a note", metrics, "    note: Logins take a tenth of a second.\n", "", "an_earlier.yaml: metric.auth.login.duration: ", "note is missing"},
		{"unknown ref", metrics, "ref: auth.kind", "ref: auth.knid", "an_earlier.yaml: metric.auth.login.attempts: ", `ref to the unknown attribute "auth.knid"`},
		{"ref twice", metrics, "ref: auth.place", "ref: auth.kind", "an_earlier.yaml: metric.auth.login.attempts: ", `ref "auth.kind" is there twice`},
		{"definition in a metric", metrics, "{ref: auth.place,", "{id: auth.site,", "an_earlier.yaml: metric.auth.login.attempts: ", `attribute "auth.site" is defined in a metric`},
		{"level", metrics, "requirement_level: opt_in", "requirement_level: maybe", "an_earlier.yaml: metric.auth.login.attempts: ", `unknown requirement_level "maybe"`},
		{"no condition", metrics, "conditionally_required: On failure.", "conditionally_required: \"\"", "an_earlier.yaml: metric.auth.login.attempts: ", "without its condition"},
		{"two levels", metrics, "conditionally_required: On failure.", "conditionally_required: On failure.\n          opt_in: Ask.", "an_earlier.yaml: ", "2 entries, not 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := smallRegistry()
			before := fsys[tt.file].Data
			after := bytes.Replace(before, []byte(tt.old), []byte(tt.new), 1)
			if bytes.Equal(before, after) {
				t.Fatalf("%q is not in %s", tt.old, tt.file)
			}
			fsys[tt.file] = &fstest.MapFile{Data: after}
			_, err := readRegistry(fsys)
			wantError(t, err, tt.where, tt.want)
		})
	}
}

func TestMissingManifest(t *testing.T) {
	fsys := smallRegistry()
	delete(fsys, manifestName)
	_, err := readRegistry(fsys)
	wantError(t, err, manifestName, "not exist")
}

// Everything that is wrong is said at once.
func TestErrorsAreJoined(t *testing.T) {
	fsys := smallRegistry()
	fsys["login.yaml"].Data = bytes.Replace(fsys["login.yaml"].Data, []byte("The kind."), []byte("The kind"), 1)
	fsys["an_earlier.yaml"].Data = bytes.Replace(fsys["an_earlier.yaml"].Data, []byte("{attempt}"), []byte("{attempts}"), 1)
	_, err := readRegistry(fsys)
	wantError(t, err, "auth.kind", "full stop", "metric.auth.login.attempts", "not singular")
}

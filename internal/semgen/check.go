// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

var (
	idForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$`)
	wordForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	unitForm = regexp.MustCompile(`^(s|1|\{[a-z]+(_[a-z]+)*\})$`)
	urlForm  = regexp.MustCompile(`^https://\S+/\d+\.\d+\.\d+$`)
)

// maxBuckets keeps a histogram's cost in sight: each boundary is a series for
// each set of attributes.
const maxBuckets = 14

func (c *checker) manifest(m yamlManifest) {
	c.at(manifestName, "schema_url")
	if !urlForm.MatchString(m.SchemaURL) {
		c.errorf("%q is no https URL that ends in a version", m.SchemaURL)
	}
	c.stability(m.Stability)
}

func (c *checker) stability(s string) {
	if !slices.Contains([]string{"development", "alpha", "beta", "release_candidate", "stable"}, s) {
		c.errorf("unknown stability %q", s)
	}
}

func (c *checker) brief(s string) {
	if s = strings.TrimSpace(s); s == "" {
		c.errorf("brief is missing")
	} else if !strings.HasSuffix(s, ".") {
		c.errorf("brief %q does not end with a full stop", s)
	}
}

// unique notes that an id is taken and complains if it was before.
func (c *checker) unique(id string) {
	if file, ok := c.groups[id]; ok {
		c.errorf("%q is already in %s", id, file)
	}
	c.groups[id] = c.file
}

// goName does the same for the exported names of one Go package.
func (c *checker) goName(pkg, name string) {
	if id, ok := c.goNames[pkg+name]; ok {
		c.errorf("Go name %s is already that of %s", name, id)
	}
	c.goNames[pkg+name] = c.id
}

func (c *checker) group(g yamlGroup) {
	if g.ID == "" {
		c.errorf("group without an id (brief %q)", g.Brief)
	}
	c.unique(g.ID)
	c.brief(g.Brief)
	switch g.Type {
	case "metric":
		if g.ID != "metric."+g.MetricName {
			c.errorf("id is not %q", "metric."+g.MetricName)
		}
	case "attribute_group":
		if g.MetricName != "" || g.Instrument != "" || g.Unit != "" {
			c.errorf("an attribute group has no metric_name, instrument or unit")
		}
	default:
		c.errorf("unknown type %q", g.Type)
	}
}

func (c *checker) attribute(ya yamlAttribute) *attribute {
	own := ya.Annotations.Otelauth
	a := &attribute{
		File: c.file, ID: ya.ID, GoName: cmp.Or(own.GoName, camel(ya.ID)), Brief: strings.TrimSpace(ya.Brief),
		Note: strings.TrimSpace(ya.Note), Stability: ya.Stability, WellKnown: own.WellKnown, Examples: ya.Examples,
	}
	if ya.Ref != "" {
		c.errorf("ref %q in a group that defines attributes", ya.Ref)
	}
	// error.type is the one name taken over from OpenTelemetry's own conventions.
	if !idForm.MatchString(ya.ID) || !strings.HasPrefix(ya.ID, "auth.") && ya.ID != "error.type" {
		c.errorf("id %q is not lower case in the namespace auth", ya.ID)
	}
	c.unique(ya.ID)
	c.goName("semconv.", a.GoName)
	c.brief(ya.Brief)
	c.stability(ya.Stability)
	switch ya.Type.Name {
	case "enum":
		if own.AllowList || own.WellKnown != nil {
			c.errorf("an enum has no allow-list")
		}
		c.members(a, ya.Type.Members)
	case "string":
		if !own.AllowList {
			c.errorf("a string attribute must be an enum or annotated as allow_list: its values have no bound")
		}
		if len(ya.Examples) == 0 {
			c.errorf("examples are missing")
		}
	default:
		c.errorf("type %q is neither string nor an enum", ya.Type.Name)
	}
	c.attributes[ya.ID] = a
	return a
}

func (c *checker) members(a *attribute, members []yamlMember) {
	if len(members) < 2 || members[0].ID != "other" || members[0].Value != other {
		c.errorf("the first member must be other, with the value %s, and more must follow", other)
	}
	if len(members) > math.MaxUint8 {
		c.errorf("%d members do not fit a byte", len(members))
	}
	ids, values := map[string]bool{}, map[string]bool{}
	for i, m := range members {
		if !wordForm.MatchString(m.ID) {
			c.errorf("member id %q is not lower case", m.ID)
		}
		if ids[m.ID] {
			c.errorf("member id %q is there twice", m.ID)
		}
		if values[m.Value] {
			c.errorf("member value %q is there twice", m.Value)
		}
		if i > 0 && !wordForm.MatchString(m.Value) && !idForm.MatchString(m.Value) {
			c.errorf("member value %q is not lower case", m.Value)
		}
		ids[m.ID], values[m.Value] = true, true
		c.brief(m.Brief)
		c.stability(m.Stability)
		mem := member{GoName: a.GoName + camel(m.ID), ID: m.ID, Value: m.Value, Brief: strings.TrimSpace(m.Brief)}
		c.goName("semconv.", mem.GoName)
		a.Members = append(a.Members, mem)
	}
}

// reasons resolves the failure reasons of each member of a. All end with
// _OTHER, for the failure that nobody could name.
func (c *checker) reasons(a *attribute, byID map[string][]string) {
	reason := c.attributes["auth.failure.reason"]
	if reason == nil {
		c.errorf("reasons without an attribute auth.failure.reason")
		return
	}
	a.HasReason = true
	for i := range a.Members {
		m := &a.Members[i]
		ids, ok := byID[m.ID]
		if !ok {
			c.errorf("reasons of member %q are missing", m.ID)
		}
		for _, id := range ids {
			k := slices.IndexFunc(reason.Members, func(r member) bool { return r.ID == id && r.Value != other })
			if k < 0 {
				c.errorf("reasons of member %q: unknown reason %q", m.ID, id)
				continue
			}
			if slices.ContainsFunc(m.Reasons, func(r member) bool { return r.ID == id }) {
				c.errorf("reasons of member %q: %q is there twice", m.ID, id)
			}
			m.Reasons = append(m.Reasons, reason.Members[k])
		}
		m.Reasons = append(m.Reasons, reason.Members[0])
		delete(byID, m.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		c.errorf("reasons of the unknown member %q", id)
	}
}

// collapsible checks that auth.sdk.attribute lists the key of every attribute:
// each can collapse into _OTHER.
func (c *checker) collapsible(all []*attribute) {
	sdk := c.attributes["auth.sdk.attribute"]
	if sdk == nil {
		return
	}
	c.at(sdk.File, sdk.ID)
	listed := map[string]bool{other: true}
	for _, m := range sdk.Members {
		listed[m.Value] = true
		if a := c.attributes[m.Value]; a == nil && m.Value != other {
			c.errorf("member %q is no attribute", m.Value)
		} else if a != nil && m.GoName != sdk.GoName+a.GoName {
			c.errorf("member id %q does not give the Go name %s", m.ID, sdk.GoName+a.GoName)
		}
	}
	for _, a := range all {
		if !listed[a.ID] {
			c.errorf("member %q is missing", a.ID)
		}
	}
}

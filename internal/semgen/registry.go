// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// other is the value into which everything outside a list collapses.
const other = "_OTHER"

// registry is the content of the YAML files, checked and with every reference
// resolved.
type registry struct {
	SchemaURL  string
	Attributes []*attribute // by id
	Metrics    []*metric    // by name
}

type attribute struct {
	File      string // without the folder
	ID        string
	GoName    string
	Brief     string
	Note      string
	Stability string
	Members   []member // of an enum, the one of _OTHER first; empty for an allow-list
	WellKnown []string // of an allow-list
	Examples  []string
	HasReason bool // each member has reasons
}

type member struct {
	GoName  string // with the name of the type in front
	ID      string
	Value   string
	Brief   string
	Reasons []member // of auth.failure.reason
}

type metric struct {
	File       string
	Name       string
	GoName     string
	Brief      string
	Note       string
	Stability  string
	Instrument string // as in the YAML
	Observable bool
	Unit       string
	Float      bool
	Buckets    []float64
	Attributes []metricAttribute
}

type metricAttribute struct {
	*attribute
	Level     string // as in the YAML
	Condition string
}

// Area is the part of the registry, and so the Go file, to which it belongs.
func (a *attribute) Area() string { return strings.TrimSuffix(a.File, path.Ext(a.File)) }

// Area is the part of the registry, and so the Go file, to which it belongs.
func (m *metric) Area() string { return strings.TrimSuffix(m.File, path.Ext(m.File)) }

// IsEnum tells whether the values are a closed list; else they are an
// allow-list.
func (a *attribute) IsEnum() bool { return len(a.Members) > 0 }

// Required returns the attributes that each measurement carries.
func (m *metric) Required() []metricAttribute {
	return slices.DeleteFunc(slices.Clone(m.Attributes), func(a metricAttribute) bool { return a.Level != "required" })
}

// Carries tells whether the attribute with the id is one of the metric's.
func (m *metric) Carries(id string) bool {
	return slices.ContainsFunc(m.Attributes, func(a metricAttribute) bool { return a.ID == id })
}

// Optional returns the attributes that a measurement may carry.
func (m *metric) Optional() []metricAttribute {
	return slices.DeleteFunc(slices.Clone(m.Attributes), func(a metricAttribute) bool { return a.Level == "required" })
}

// readRegistry reads and checks the registry in fsys. The error names the file
// and the id of everything that is wrong.
func readRegistry(fsys fs.FS) (*registry, error) {
	manifest, names, files, err := readYAML(fsys)
	if err != nil {
		return nil, err
	}
	c := checker{groups: map[string]string{}, attributes: map[string]*attribute{}, goNames: map[string]string{}}
	c.manifest(manifest)
	reg := &registry{SchemaURL: manifest.SchemaURL}

	// Attributes first: a metric may refer to one of a later file.
	reasons := map[*attribute]map[string][]string{}
	for i, f := range files {
		for _, g := range f.Groups {
			c.at(names[i], g.ID)
			c.group(g)
			if g.Type != "attribute_group" {
				continue
			}
			for _, ya := range g.Attributes {
				c.at(names[i], ya.ID)
				a := c.attribute(ya)
				reg.Attributes = append(reg.Attributes, a)
				if ya.Annotations.Otelauth.Reasons != nil {
					reasons[a] = ya.Annotations.Otelauth.Reasons
				}
			}
		}
	}
	for _, a := range reg.Attributes {
		if r := reasons[a]; r != nil {
			c.at(a.File, a.ID)
			c.reasons(a, r)
		}
	}
	c.collapsible(reg.Attributes)
	for i, f := range files {
		for _, g := range f.Groups {
			if g.Type == "metric" {
				c.at(names[i], g.ID)
				reg.Metrics = append(reg.Metrics, c.metric(g))
			}
		}
	}
	slices.SortFunc(reg.Attributes, func(a, b *attribute) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(reg.Metrics, func(a, b *metric) int { return strings.Compare(a.Name, b.Name) })
	return reg, errors.Join(c.errs...)
}

// A checker gathers what is wrong and resolves references on its way.
type checker struct {
	file, id   string // where it is
	errs       []error
	groups     map[string]string // by group id or metric name: the file
	attributes map[string]*attribute
	goNames    map[string]string // by exported Go name: the id
}

func (c *checker) at(file, id string) { c.file, c.id = file, id }

func (c *checker) errorf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s: "+format, append([]any{c.file, c.id}, args...)...))
}

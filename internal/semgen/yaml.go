// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v2"
)

// The types below are the part of the format of OpenTelemetry's
// semantic-convention registries that this project uses. A field that they do
// not know is an error, so that a misspelt one is found.

type yamlManifest struct {
	SchemaURL   string `yaml:"schema_url"`
	Description string `yaml:"description"`
	Stability   string `yaml:"stability"`
}

type yamlFile struct {
	Groups []yamlGroup `yaml:"groups"`
}

type yamlGroup struct {
	ID          string          `yaml:"id"`
	Type        string          `yaml:"type"`
	Brief       string          `yaml:"brief"`
	Note        string          `yaml:"note"`
	Stability   string          `yaml:"stability"`
	MetricName  string          `yaml:"metric_name"`
	Instrument  string          `yaml:"instrument"`
	Unit        string          `yaml:"unit"`
	Annotations yamlAnnotations `yaml:"annotations"`
	Attributes  []yamlAttribute `yaml:"attributes"`
}

// A yamlAttribute defines an attribute (ID) in an attribute group, or refers to
// one (Ref) in a metric.
type yamlAttribute struct {
	ID               string          `yaml:"id"`
	Ref              string          `yaml:"ref"`
	Type             yamlType        `yaml:"type"`
	Stability        string          `yaml:"stability"`
	Brief            string          `yaml:"brief"`
	Note             string          `yaml:"note"`
	Examples         []string        `yaml:"examples"`
	RequirementLevel yamlLevel       `yaml:"requirement_level"`
	Annotations      yamlAnnotations `yaml:"annotations"`
}

type yamlMember struct {
	ID        string `yaml:"id"`
	Value     string `yaml:"value"`
	Brief     string `yaml:"brief"`
	Stability string `yaml:"stability"`
}

// yamlAnnotations holds what the format has no field for.
type yamlAnnotations struct {
	CodeGeneration struct {
		MetricValueType string `yaml:"metric_value_type"` // int or double
	} `yaml:"code_generation"`
	Otelauth struct {
		GoName     string              `yaml:"go_name"`    // where it does not follow from the id
		AllowList  bool                `yaml:"allow_list"` // a string whose values the user declares
		WellKnown  []string            `yaml:"well_known"` // values of an allow-list that need no declaration
		Reasons    map[string][]string `yaml:"reasons"`    // by member id: the failure reasons it can give
		Observable bool                `yaml:"observable"` // read by a callback
		Buckets    []float64           `yaml:"buckets"`    // default boundaries of a histogram
	} `yaml:"otelauth"`
}

// A yamlType is the word for a plain type or the members of an enum.
type yamlType struct {
	Name    string
	Members []yamlMember
}

// UnmarshalYAML reads either form.
func (t *yamlType) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&t.Name) == nil {
		return nil
	}
	var enum struct {
		Members []yamlMember `yaml:"members"`
	}
	if err := unmarshal(&enum); err != nil {
		return err
	}
	t.Name, t.Members = "enum", enum.Members
	return nil
}

// A yamlLevel is the word for a requirement level or a map from the word to the
// condition.
type yamlLevel struct {
	Level, Condition string
}

// UnmarshalYAML reads either form.
func (l *yamlLevel) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&l.Level) == nil {
		return nil
	}
	var m map[string]string
	if err := unmarshal(&m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("requirement_level has %d entries, not 1", len(m))
	}
	for level, condition := range m {
		l.Level, l.Condition = level, condition
	}
	return nil
}

const manifestName = "registry_manifest.yaml"

// readYAML reads the manifest and every other .yaml file of fsys. The files
// come in the order of their names.
func readYAML(fsys fs.FS) (manifest yamlManifest, names []string, files []yamlFile, err error) {
	found, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return manifest, nil, nil, err
	}
	var errs []error
	read := func(name string, into any) {
		data, err := fs.ReadFile(fsys, name)
		if err == nil {
			err = yaml.UnmarshalStrict(data, into)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	read(manifestName, &manifest)
	for _, name := range found {
		if path.Base(name) == manifestName {
			continue
		}
		var f yamlFile
		read(name, &f)
		names, files = append(names, name), append(files, f)
	}
	return manifest, names, files, errors.Join(errs...)
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"header":     func() string { return header },
	"comment":    comment,
	"lowerCamel": lowerCamel,
	"anchor":     func(id string) string { return strings.ReplaceAll(id, ".", "") },
	"kind":       kind,
	"word":       word,
	"level":      camel,
	"inst":       instrumentType,
	"verb":       verb,
	"bounds":     bounds,
	"attributes": attributeList,
	"reasonList": reasonList,
	"prometheus": prometheusName,
}).ParseFS(templateFiles, "templates/*.tmpl"))

// An area is the content of one file of the registry.
type area struct {
	Name    string
	Enums   []*attribute
	Metrics []*metric
}

// render returns the generated files by path, relative to root and with
// slashes. Of the README at root only the marked part is generated; without the
// file or the marks it is left out.
func render(root string, reg *registry) (map[string][]byte, error) {
	files := map[string][]byte{}
	add := func(path, tmpl string, data any) error {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, tmpl, data); err != nil {
			return err
		}
		out := b.Bytes()
		if strings.HasSuffix(path, ".go") {
			var err error
			if out, err = format.Source(out); err != nil {
				return fmt.Errorf("%s: %w\n%s", path, err, b.Bytes())
			}
		}
		files[path] = out
		return nil
	}

	whole := []struct{ path, tmpl string }{
		{"semconv/attribute.go", "attribute.go.tmpl"},
		{"semconv/reasons.go", "reasons.go.tmpl"},
		{"semconv/metrics.go", "metrics.go.tmpl"},
		{"semconv/README.md", "readme.md.tmpl"},
	}
	for _, f := range whole {
		if err := add(f.path, f.tmpl, reg); err != nil {
			return nil, err
		}
	}
	for _, a := range areas(reg) {
		if len(a.Enums) > 0 {
			if err := add("semconv/enum_"+a.Name+".go", "enum.go.tmpl", a); err != nil {
				return nil, err
			}
		}
		if len(a.Metrics) > 0 {
			if err := add("semconv/authconv/"+a.Name+".go", "conv.go.tmpl", a); err != nil {
				return nil, err
			}
		}
	}

	var table bytes.Buffer
	if err := templates.ExecuteTemplate(&table, "table.md.tmpl", reg); err != nil {
		return nil, err
	}
	if readme, err := os.ReadFile(filepath.Join(root, "README.md")); err == nil {
		if out, ok := between(readme, table.Bytes()); ok {
			files["README.md"] = out
		}
	}
	return files, nil
}

// areas returns the content of the registry by file, in the order of the names.
func areas(reg *registry) []*area {
	var all []*area
	get := func(name string) *area {
		for _, a := range all {
			if a.Name == name {
				return a
			}
		}
		all = append(all, &area{Name: name})
		return all[len(all)-1]
	}
	for _, a := range reg.Attributes {
		if a.IsEnum() {
			ar := get(a.Area())
			ar.Enums = append(ar.Enums, a)
		}
	}
	for _, m := range reg.Metrics {
		ar := get(m.Area())
		ar.Metrics = append(ar.Metrics, m)
	}
	return all
}

const (
	beginMark = "<!-- metrics:begin -->"
	endMark   = "<!-- metrics:end -->"
)

// between puts table between the marks of doc and tells whether doc has them.
func between(doc, table []byte) ([]byte, bool) {
	head, rest, ok := bytes.Cut(doc, []byte(beginMark))
	if !ok {
		return nil, false
	}
	_, tail, ok := bytes.Cut(rest, []byte(endMark))
	if !ok {
		return nil, false
	}
	return slices.Concat(head, []byte(beginMark+"\n\n"), table, []byte("\n"+endMark), tail), true
}

// SPDX-License-Identifier: Apache-2.0

package adaptertest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exported returns the errors that packages of a module export, read from its source
// where the go command has it: types with a method Error, and variables whose name,
// type or value says that they are errors.
func exported(t testing.TB, module string, packages []string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("go list -m %s: %v", module, err)
	}
	var names []string
	for _, pkg := range packages {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no package %s: %v", module, pkg, err)
		}
		prefix := ""
		if pkg != "." {
			prefix = path.Base(pkg) + "."
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range errorsOf(f) {
				names = append(names, prefix+name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func errorsOf(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && d.Name.Name == "Error" && len(d.Type.Params.List) == 0 {
				names = append(names, receiver(d.Recv.List[0].Type))
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok {
					names = append(names, errorValues(d.Tok, v)...)
				}
				if ts, ok := s.(*ast.TypeSpec); ok && embedsError(ts.Type) {
					names = append(names, ts.Name.Name)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !ast.IsExported(n) })
}

// receiver is the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// errorValues are the names that a specification declares and that are errors.
func errorValues(tok token.Token, v *ast.ValueSpec) (names []string) {
	declared, _ := v.Type.(*ast.Ident)
	for i, n := range v.Names {
		is := tok == token.VAR && (strings.HasPrefix(n.Name, "Err") || declared != nil && declared.Name == "error")
		if i < len(v.Values) {
			if call, ok := v.Values[i].(*ast.CallExpr); ok {
				if fn, ok := call.Fun.(*ast.SelectorExpr); ok {
					from, _ := fn.X.(*ast.Ident)
					is = is || from != nil && (from.Name == "errors" && fn.Sel.Name == "New" || from.Name == "fmt" && fn.Sel.Name == "Errorf")
				}
			}
		}
		if is {
			names = append(names, n.Name)
		}
	}
	return names
}

// embedsError reports whether a struct is an error by what it embeds.
func embedsError(e ast.Expr) bool {
	s, ok := e.(*ast.StructType)
	if !ok {
		return false
	}
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		id, ok := f.Type.(*ast.Ident)
		return ok && len(f.Names) == 0 && id.Name == "error"
	})
}

// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Package is what `go list -json` says of a package, as far as the rules need it.
type Package struct {
	ImportPath string
	Standard   bool // part of the standard library
	Imports    []string
	// Imports of its tests: in the package and in the package with _test in its name.
	TestImports, XTestImports []string
	Module                    *struct {
		Path string
		Main bool
	}
}

// Graph is a set of packages by import path.
type Graph map[string]Package

// Load lists every package of the module in dir with all that they import. It is one call of the go
// command; packages that do not compile are listed as far as they can be read.
func Load(ctx context.Context, dir string) (Graph, error) {
	out, err := goCommand(ctx, dir, "list", "-e", "-deps",
		"-json=ImportPath,Standard,Imports,TestImports,XTestImports,Module", "./...")
	if err != nil {
		return nil, err
	}
	g := Graph{}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p Package
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return g, nil
		case err != nil:
			return nil, fmt.Errorf("output of go list: %w", err)
		}
		g[p.ImportPath] = p
	}
}

// goCommand runs the go command in dir, outside of any workspace, and returns what it printed.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

// Matching returns the packages that match one of the patterns, in order.
func (g Graph) Matching(patterns ...string) []string {
	var found []string
	for path := range g {
		if matchAny(patterns, path) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found
}

// Chains returns, for everything outside the standard library that from imports, however far, the
// shortest chain of imports that leads there. Each chain starts with from.
func (g Graph) Chains(from string) map[string][]string {
	chains := map[string][]string{from: {from}}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		for _, next := range g[here].Imports {
			if _, seen := chains[next]; seen || g.standard(next) {
				continue
			}
			chains[next] = append(slices.Clone(chains[here]), next)
			queue = append(queue, next)
		}
	}
	delete(chains, from)
	return chains
}

// standard tells whether path is of the standard library. The pseudo-package C counts as such.
func (g Graph) standard(path string) bool {
	return path == "C" || g[path].Standard
}

// match tells whether path is the pattern, or lies below it if the pattern ends in "/...".
func match(pattern, path string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == tree || strings.HasPrefix(path, tree+"/")
	}
	return path == pattern
}

func matchAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, path) })
}

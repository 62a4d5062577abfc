// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"slices"
	"strings"
	"testing"
)

// graphOf makes a graph from lines such as "a: b c". Names without a dot are the standard library.
func graphOf(lines ...string) Graph {
	g := Graph{}
	for _, line := range lines {
		path, imports, _ := strings.Cut(line, ":")
		g[path] = Package{ImportPath: path, Imports: strings.Fields(imports)}
	}
	for _, p := range g {
		for _, dep := range p.Imports {
			if _, ok := g[dep]; !ok {
				g[dep] = Package{ImportPath: dep, Standard: !strings.Contains(dep, ".")}
			}
		}
	}
	return g
}

func TestRuleCheck(t *testing.T) {
	g := graphOf(
		"m.x/a: fmt m.x/b",
		"m.x/a/sub: m.x/a d.x/heavy",
		"m.x/b: os m.x/c",
		"m.x/c: d.x/heavy/inner",
		"m.x/alone: fmt",
	)
	tests := map[string]struct {
		rule Rule
		want []string // the chain of each violation
	}{
		"nothing forbidden is imported": {
			rule: Rule{Of: []string{"m.x/alone"}, Never: []string{"d.x/..."}},
		},
		"a forbidden import is found however far away, by its shortest chain": {
			rule: Rule{Of: []string{"m.x/a"}, Never: []string{"d.x/heavy/..."}},
			want: []string{"m.x/a → m.x/b → m.x/c → d.x/heavy/inner"},
		},
		"a tree stands for all its packages": {
			rule: Rule{Of: []string{"m.x/a/..."}, Never: []string{"d.x/..."}},
			want: []string{
				"m.x/a → m.x/b → m.x/c → d.x/heavy/inner",
				"m.x/a/sub → d.x/heavy",
				"m.x/a/sub → m.x/a → m.x/b → m.x/c → d.x/heavy/inner",
			},
		},
		"an exception is not bound": {
			rule: Rule{Of: []string{"m.x/a/..."}, Except: []string{"m.x/a/sub"}, Never: []string{"d.x/heavy"}},
		},
		"a pattern without dots is one package": {
			rule: Rule{Of: []string{"m.x/b"}, Never: []string{"d.x/heavy"}},
		},
		"a tree is no prefix of a name": {
			rule: Rule{Of: []string{"m.x/b"}, Never: []string{"d.x/heav/...", "m.x/cc"}},
		},
		"a direct rule looks at the import statements alone": {
			rule: Rule{Of: []string{"m.x/b"}, Only: []string{"m.x/c"}, Direct: true},
		},
		"an import outside the list is found": {
			rule: Rule{Of: []string{"m.x/b"}, Only: []string{"m.x/c"}},
			want: []string{"m.x/b → m.x/c → d.x/heavy/inner"},
		},
		"never goes before only": {
			rule: Rule{Of: []string{"m.x/c"}, Only: []string{"d.x/..."}, Never: []string{"d.x/heavy/inner"}},
			want: []string{"m.x/c → d.x/heavy/inner"},
		},
		"the standard library needs no permission": {
			rule: Rule{Of: []string{"m.x/alone"}, Only: []string{"m.x/nothing"}},
		},
		"a rule that binds nothing is broken": {
			rule: Rule{Of: []string{"m.x/renamed"}, Never: []string{"d.x/..."}},
			want: []string{"no package matches [m.x/renamed]"},
		},
		"a rule whose exceptions leave nothing is broken": {
			rule: Rule{Of: []string{"m.x/a"}, Except: []string{"m.x/a/..."}},
			want: []string{"no package matches [m.x/a]"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.rule.Why = "because"
			var want []string
			for _, w := range tt.want {
				want = append(want, w+" (because)")
			}
			if got := tt.rule.Check(g); !slices.Equal(got, want) {
				t.Errorf("got:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
}

func TestChainsEndOnCycles(t *testing.T) {
	// The compiler refuses cycles, but the go command lists them all the same.
	g := graphOf("m.x/a: m.x/b", "m.x/b: m.x/a d.x/c")
	if got := g.Chains("m.x/a"); len(got) != 2 {
		t.Errorf("chains from a: %v, want those to b and c", got)
	}
}

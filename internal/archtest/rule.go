// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule says what some packages may import. Patterns are import paths; one that ends in "/..." stands
// for the path and everything below it. The standard library is always allowed.
type Rule struct {
	Why    string   // printed with each violation
	Of     []string // the packages that the rule binds
	Except []string // of these, the ones it does not bind

	// Only, if there is any, lists all that may be imported. Never lists what may not.
	Only, Never []string

	// Direct looks at the import statements of the packages themselves. Otherwise whatever they
	// pull in, through any number of packages, counts.
	Direct bool
}

// Check returns a line for each way in which the graph breaks the rule. A rule that binds no package
// is broken too: it was written for one that has been renamed or removed.
func (r Rule) Check(g Graph) []string {
	var broken []string
	bound := 0
	for _, path := range g.Matching(r.Of...) {
		if matchAny(r.Except, path) {
			continue
		}
		bound++
		chains := g.Chains(path)
		for _, dep := range slices.Sorted(maps.Keys(chains)) {
			chain := chains[dep]
			if r.Direct && len(chain) > 2 || r.allows(dep) {
				continue
			}
			broken = append(broken, fmt.Sprintf("%s (%s)", strings.Join(chain, " → "), r.Why))
		}
	}
	if bound == 0 {
		broken = append(broken, fmt.Sprintf("no package matches %v (%s)", r.Of, r.Why))
	}
	return broken
}

func (r Rule) allows(dep string) bool {
	if matchAny(r.Never, dep) {
		return false
	}
	return len(r.Only) == 0 || matchAny(r.Only, dep)
}

// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesTestsThatExist looks for every test that SECURITY.md names: a threat whose test is gone is
// one that nobody holds off any more.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	root := repository(t)
	page, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)(\\*?)`").FindAllSubmatch(page, -1)
	if len(names) < 10 {
		t.Errorf("SECURITY.md names %d tests: this looks for them in the wrong way", len(names))
	}
	for _, n := range names {
		want := "\nfunc " + string(n[1])
		if len(n[2]) == 0 {
			want += "("
		}
		if !strings.Contains(code.String(), want) {
			t.Errorf("SECURITY.md names %s%s, and there is none", n[1], n[2])
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// top is all that may lie at the top of the repository.
var top = []string{
	// what a reader looks for
	"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
	// the product
	"semconv", "instrument", "views", "exporter",
	"examples", "internal",
	// what tools look for
	"go.mod", "go.sum", "Makefile", ".ci", ".golangci.yml", ".gitignore", ".gitattributes",
}

// private may lie there on somebody's disk; .gitignore keeps it out of commits.
var private = []string{".git", ".cache", "dist", ".idea", ".vscode", ".DS_Store", "go.work", "go.work.sum"}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(top, e.Name()) && !slices.Contains(private, e.Name()) {
			t.Errorf("%s lies at the top of the repository, where only these may: %v", e.Name(), top)
		}
	}
}

// TestLicenceHeaders opens every Go file, those of nested modules too. That also makes the go command
// aware of what this package's tests depend on: when any of the files changes, a cached result no
// longer counts.
func TestLicenceHeaders(t *testing.T) {
	const header = "// SPDX-License-Identifier: Apache-2.0"
	files := 0
	err := filepath.WalkDir(repository(t), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(private, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		files++
		line, err := firstLine(path)
		if err != nil {
			return err
		}
		if line != header {
			t.Errorf("%s begins with %q, want %q", path, line, header)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("found %d Go files: this looks in the wrong place", files)
	}
}

func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan()
	return s.Text(), s.Err()
}

// repository returns the directory of the root module.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("no module above %s: %v", dir, err)
	}
	return dir
}

// SPDX-License-Identifier: Apache-2.0

// Command semgen turns the registry in semconv/registry into Go code and
// tables.
//
// It is run through go generate in package semconv. With -check it writes
// nothing and ends with status 1 when a file is not what the registry says.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "write nothing; list the files that differ and exit with 1")
	root := flag.String("root", "", "root of the module (default: the nearest parent folder with a go.mod)")
	flag.Parse()

	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "semgen:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	if root == "" {
		var err error
		if root, err = moduleRoot(); err != nil {
			return err
		}
	}
	reg, err := readRegistry(os.DirFS(filepath.Join(root, "semconv", "registry")))
	if err != nil {
		return err
	}
	files, err := render(root, reg)
	if err != nil {
		return err
	}
	changes, err := compare(root, files)
	if err != nil {
		return err
	}
	if check {
		return stale(changes)
	}
	return write(root, changes)
}

// moduleRoot walks up from the working directory to the folder with a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this folder or above")
		}
		dir = parent
	}
}

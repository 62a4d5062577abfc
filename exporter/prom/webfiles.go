// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// join makes a path of the configuration as the toolkit does, but keeps "..".
func join(config, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Dir(config) + string(filepath.Separator) + file
}

// checkFile refuses what lets somebody else choose or read the file.
func checkFile(path string, secret bool) error {
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") {
		return fmt.Errorf("%q has \"..\" in it (WithoutFileChecks allows it)", path)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("%q is a symbolic link (WithoutFileChecks allows it)", path)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a regular file", path)
	}
	if secret && info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%q holds a private key and is open to everybody, mode %v (WithoutFileChecks allows it)", path, info.Mode().Perm())
	}
	return nil
}

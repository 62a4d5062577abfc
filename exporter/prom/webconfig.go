// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v2"
	"golang.org/x/crypto/bcrypt"
)

// webSettings is what the server needs to know before it starts.
type webSettings struct {
	addr        *net.TCPAddr
	tls         bool
	users       bool // basic authentication
	clientCerts bool // verified ones are required
}

// loadWebConfig reads the file as the toolkit will, and more strictly: the
// toolkit names neither the line nor the user.
func loadWebConfig(path string, fileChecks bool) (webSettings, error) {
	if path == "" {
		return webSettings{}, errors.New("no path")
	}
	if fileChecks {
		if err := checkFile(path, false); err != nil {
			return webSettings{}, err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return webSettings{}, err
	}
	c := web.Config{TLSConfig: web.TLSConfig{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}}
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		// The parser quotes what it stumbles over, which may be a secret.
		return webSettings{}, errors.New(quoted.ReplaceAllString(err.Error(), "a value"))
	}
	var errs []error
	fault := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("line %d: %s: %w", lineOf(text, key), key, fmt.Errorf(format, args...)))
	}
	if c.TLSConfig.MinVersion < tls.VersionTLS12 {
		fault("min_version", "TLS below 1.2")
	}
	for _, user := range slices.Sorted(maps.Keys(c.Users)) {
		if _, err := bcrypt.Cost([]byte(c.Users[user])); err != nil {
			// The name is not shown: name and password may have changed places.
			line := lineOf(text, user)
			if line == 0 {
				line = lineOf(text, "basic_auth_users")
			}
			errs = append(errs, fmt.Errorf("line %d: basic_auth_users: not a bcrypt hash", line))
		}
	}
	if fileChecks {
		for _, f := range []struct{ key, path string }{
			{"cert_file", c.TLSConfig.TLSCertPath},
			{"key_file", c.TLSConfig.TLSKeyPath},
			{"client_ca_file", c.TLSConfig.ClientCAs},
		} {
			if f.path == "" {
				continue
			}
			if err := checkFile(join(path, f.path), f.key == "key_file"); err != nil {
				fault(f.key, "%w", err)
			}
		}
		if c.TLSConfig.TLSKey != "" {
			if err := checkFile(path, true); err != nil {
				fault("key", "%w", err)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return webSettings{}, err
	}
	if err := web.Validate(path); err != nil {
		return webSettings{}, err
	}
	return webSettings{
		tls:         c.TLSConfig.IsEnabled(),
		users:       len(c.Users) > 0,
		clientCerts: c.TLSConfig.ClientAuth == "RequireAndVerifyClientCert",
	}, nil
}

var quoted = regexp.MustCompile("`[^`]*`")

// join makes a path of the configuration as the toolkit does, but keeps "..".
func join(config, file string) string {
	if filepath.IsAbs(file) {
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

// lineOf finds the line that sets the key, for messages; 0 if there is none.
func lineOf(text []byte, key string) int {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		name, _, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.Trim(strings.TrimSpace(name), `"'`) == key {
			return n
		}
	}
	return 0
}

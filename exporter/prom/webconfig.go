// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/crypto/bcrypt"
)

// webFile is a web configuration file that was found right.
type webFile struct {
	users       map[string]string // bcrypt hashes by name
	header      map[string]string
	limit       web.RateLimiterConfig
	http2       bool
	tls         *tls.Config // nil without
	clientCerts bool        // verified ones are required
}

// loadWebConfig reads the file as the toolkit does, and more strictly: the
// toolkit names neither the line nor the user. No error shows a password, a hash
// or a key, wherever in the file it is by mistake.
func loadWebConfig(path string, fileChecks bool) (*webFile, error) {
	if path == "" {
		return nil, errors.New("no path")
	}
	if fileChecks {
		if err := checkFile(path, false); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := parseWebConfig(text)
	if err != nil {
		return nil, err
	}
	errs := checkUsers(text, c.Users)
	if c.TLSConfig.MinVersion < tls.VersionTLS12 {
		errs = append(errs, atLine(text, errors.New("TLS below 1.2"), "min_version"))
	}
	if fileChecks {
		errs = append(errs, checkFiles(path, text, c.TLSConfig)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	f := &webFile{
		users:       map[string]string{},
		header:      c.HTTPConfig.Header,
		limit:       c.RateLimiterConfig,
		http2:       c.HTTPConfig.HTTP2,
		clientCerts: c.TLSConfig.ClientAuth == "RequireAndVerifyClientCert",
	}
	for name, hash := range c.Users {
		f.users[name] = string(hash)
	}
	if f.tls, err = tlsConfig(path, c.TLSConfig); err != nil {
		return nil, atLine(text, hidden(err), "tls_server_config")
	}
	// All that is left for the toolkit to find are headers that it does not set.
	if err := web.Validate(path); err != nil {
		return nil, atLine(text, hidden(err), "headers", "http_server_config")
	}
	return f, nil
}

func tlsConfig(path string, c web.TLSConfig) (*tls.Config, error) {
	if !c.IsEnabled() {
		return nil, nil
	}
	c.TLSCertPath, c.TLSKeyPath, c.ClientCAs = join(path, c.TLSCertPath), join(path, c.TLSKeyPath), join(path, c.ClientCAs)
	return web.ConfigToTLSConfig(&c)
}

// checkUsers does not name them: name and password may have changed places.
func checkUsers[S ~string](text []byte, users map[string]S) (errs []error) {
	for _, user := range slices.Sorted(maps.Keys(users)) {
		line := lineOf(text, user, "basic_auth_users")
		cost, err := bcrypt.Cost([]byte(users[user]))
		switch {
		case err != nil || len(users[user]) != 60:
			errs = append(errs, fmt.Errorf("line %d: basic_auth_users: not a bcrypt hash", line))
		case cost > maxBcryptCost:
			errs = append(errs, fmt.Errorf("line %d: basic_auth_users: a bcrypt hash of cost %d, at most %d is bearable", line, cost, maxBcryptCost))
		}
	}
	return errs
}

func checkFiles(path string, text []byte, c web.TLSConfig) (errs []error) {
	for _, f := range []struct{ key, path string }{
		{"cert_file", c.TLSCertPath},
		{"key_file", c.TLSKeyPath},
		{"client_ca_file", c.ClientCAs},
	} {
		if f.path == "" {
			continue
		}
		if err := checkFile(join(path, f.path), f.key == "key_file"); err != nil {
			errs = append(errs, atLine(text, hidden(err), f.key))
		}
	}
	if c.TLSKey != "" {
		if err := checkFile(path, true); err != nil {
			errs = append(errs, atLine(text, err, "key"))
		}
	}
	return errs
}

// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v2"
)

// parseWebConfig reads one document and nothing after it: what a second one has,
// such as users, nobody would look at.
func parseWebConfig(text []byte) (*web.Config, error) {
	c := &web.Config{
		TLSConfig:  web.TLSConfig{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13},
		HTTPConfig: web.HTTPConfig{HTTP2: true},
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.SetStrict(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlFault(text, err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document")
	}
	return c, nil
}

// yamlFault says what is wrong without the values that the parser quotes, for
// one of them may be a secret.
func yamlFault(text []byte, err error) error {
	var faults []string
	if many := (*yaml.TypeError)(nil); errors.As(err, &many) {
		faults = many.Errors
	} else {
		faults = []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	var errs []error
	for _, fault := range faults {
		errs = append(errs, oneYAMLFault(text, fault))
	}
	return errors.Join(errs...)
}

var (
	linePrefix   = regexp.MustCompile(`^line [0-9]+: `)
	unknownField = regexp.MustCompile(`^field ([a-z][a-z0-9_]{0,31}) not found in type `)
	plainWords   = regexp.MustCompile(`^[a-z ]+$`) // the parser's own, for it quotes others'
)

func oneYAMLFault(text []byte, fault string) error {
	line := linePrefix.FindString(fault)
	fault = strings.TrimPrefix(fault, line)
	switch {
	case strings.HasPrefix(fault, "unknown TLS version: "):
		return atLine(text, errors.New("unknown TLS version"), "min_version", "max_version")
	case strings.HasPrefix(fault, "unknown cipher: "):
		return atLine(text, errors.New("unknown cipher"), "cipher_suites")
	case strings.HasPrefix(fault, "unknown curve: "):
		return atLine(text, errors.New("unknown curve"), "curve_preferences")
	case strings.HasPrefix(fault, "cannot unmarshal "):
		fault = "a value of the wrong kind"
	case strings.Contains(fault, " already set in "):
		fault = "a key that is there already"
	case strings.HasPrefix(fault, "field "):
		if name := unknownField.FindStringSubmatch(fault); name != nil {
			fault = "unknown key " + name[1]
		} else {
			fault = "unknown key"
		}
	case !plainWords.MatchString(fault):
		fault = "not valid YAML"
	}
	return errors.New(line + fault)
}

// plainText is what may be shown of an error that quotes paths and names of the
// file: a key or a password that is there by mistake looks otherwise.
var plainText = regexp.MustCompile(`^[\pL\pN _./\\:,'"()\[\]-]{0,512}$`)

func hidden(err error) error {
	if plainText.MatchString(err.Error()) && !strings.Contains(err.Error(), "-----") {
		return err
	}
	return errors.New("does not hold what belongs there (not shown, as it may be a secret)")
}

// atLine puts before an error the line and the first of the keys that the file
// has.
func atLine(text []byte, err error, keys ...string) error {
	for _, key := range keys {
		if line := lineOf(text, key); line != 0 {
			return fmt.Errorf("line %d: %s: %w", line, key, err)
		}
	}
	return fmt.Errorf("%s: %w", keys[0], err)
}

// lineOf finds the line that sets the first of the keys that is set at all, for
// messages; 0 if none is.
func lineOf(text []byte, keys ...string) int {
	for _, key := range keys {
		lines := bufio.NewScanner(bytes.NewReader(text))
		for n := 1; lines.Scan(); n++ {
			name, _, ok := strings.Cut(lines.Text(), ":")
			if ok && strings.Trim(strings.TrimSpace(name), `"'`) == key {
				return n
			}
		}
	}
	return 0
}

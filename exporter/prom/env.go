// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

const (
	envHost = "OTEL_EXPORTER_PROMETHEUS_HOST"
	envPort = "OTEL_EXPORTER_PROMETHEUS_PORT"
)

// FromEnv is [New] with the address of OTEL_EXPORTER_PROMETHEUS_HOST (default
// 127.0.0.1) and OTEL_EXPORTER_PROMETHEUS_PORT (default 9464). Options go over
// the environment. A value that is wrong is an error even if an option
// overrides it.
//
// The environment cannot allow an insecure address: a host off loopback needs
// TLS and authentication or [WithInsecureAddress] among the options.
func FromEnv(_ context.Context, getenv func(string) string, opts ...Option) (*Exporter, error) {
	c, web, err := settle(getenv, opts)
	if err != nil {
		return nil, err
	}
	return start(c, web)
}

// Check returns everything that is wrong with the options and the environment,
// as [FromEnv] would, without listening: a port that is taken is not noticed. A
// nil getenv stands for an empty environment.
func Check(getenv func(string) string, opts ...Option) error {
	_, _, err := settle(getenv, opts)
	return err
}

func settle(getenv func(string) string, opts []Option) (config, webSettings, error) {
	env, envErr := envOptions(getenv)
	c, optErr := newConfig().with(append(env, opts...))
	web, checkErr := c.check()
	return c, web, errors.Join(envErr, optErr, checkErr)
}

func envOptions(getenv func(string) string) ([]Option, error) {
	if getenv == nil {
		return nil, nil
	}
	host, port := strings.TrimSpace(getenv(envHost)), strings.TrimSpace(getenv(envPort))
	if host == "" && port == "" {
		return nil, nil
	}
	defaultHost, defaultPort, err := net.SplitHostPort(DefaultAddress)
	if err != nil {
		return nil, err
	}
	var errs []error
	var names []string
	if host == "" {
		host = defaultHost
	} else {
		names = append(names, envHost)
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if strings.ContainsAny(host, "/[] \t") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
			errs = append(errs, fmt.Errorf("%s=%q: not a host name or address", envHost, getenv(envHost)))
		}
	}
	if port == "" {
		port = defaultPort
	} else {
		names = append(names, envPort)
		if _, err := parsePort(port); err != nil {
			errs = append(errs, fmt.Errorf("%s=%q: not a port number (0 to 65535)", envPort, getenv(envPort)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return []Option{optionFunc(func(c config) config {
		c.address, c.addressFrom = net.JoinHostPort(host, port), strings.Join(names, " and ")
		return c
	})}, nil
}

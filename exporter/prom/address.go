// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// resolve turns "host:port" into an address, so that what is judged is what is
// listened on.
func resolve(address string) (*net.TCPAddr, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("not host:port: %w", err)
	}
	port, err := parsePort(portText)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return &net.TCPAddr{Port: port}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	first := ips[0]
	for _, ip := range ips {
		if ip.IP.To4() != nil { // scrapers are told 127.0.0.1 more often than ::1
			first = ip
			break
		}
	}
	return &net.TCPAddr{IP: first.IP, Port: port, Zone: first.Zone}, nil
}

func parsePort(s string) (int, error) {
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a port number (0 to 65535)", s)
	}
	return int(port), nil
}

// checkExposure refuses an address that strangers can reach and read.
func (c config) checkExposure(web webSettings) error {
	if c.insecure || web.addr.IP.IsLoopback() {
		return nil
	}
	var missing []string
	if !web.tls {
		missing = append(missing, "TLS (WithWebConfigFile)")
	}
	if !web.users && !web.clientCerts && !c.tokenOwn {
		missing = append(missing, "authentication (WithWebConfigFile or WithBearerToken)")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("not a loopback address and has no %s; WithInsecureAddress allows it all the same", strings.Join(missing, " and no "))
}

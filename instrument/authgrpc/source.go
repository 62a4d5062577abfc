// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"
	"net"
	"net/netip"

	"google.golang.org/grpc/peer"
)

// source returns the address of the connection, for observers that tell clients
// apart. It is invalid where the connection has none, as a Unix socket. No metadata
// is read: a client could write it.
func source(ctx context.Context) netip.Addr {
	p, ok := peer.FromContext(ctx)
	if !ok || p.Addr == nil {
		return netip.Addr{}
	}
	if tcp, ok := p.Addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().WithZone("").Unmap()
	}
	a, err := netip.ParseAddrPort(p.Addr.String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().WithZone("").Unmap()
}

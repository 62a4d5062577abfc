// SPDX-License-Identifier: Apache-2.0

package authgrpc_test

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authgrpc"
	"github.com/datapunk/otelauth/semconv"
)

// callers keeps who was seen.
type callers chan instrument.Caller

func (c callers) Observe(_ context.Context, e instrument.Event) { c <- e.Caller }

type named string

func (named) Network() string  { return "other" }
func (n named) String() string { return string(n) }

func TestSourceForObservers(t *testing.T) {
	for name, tt := range map[string]struct {
		addr net.Addr
		want netip.Addr
	}{
		"tcp":         {&net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 1}, netip.MustParseAddr("192.0.2.1")},
		"zone":        {&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"}, netip.MustParseAddr("fe80::1")},
		"another":     {named("[2001:db8::1]:443"), netip.MustParseAddr("2001:db8::1")},
		"unix socket": {&net.UnixAddr{Name: "@"}, netip.Addr{}},
		"none":        {nil, netip.Addr{}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(callers, 1)
			rec, err := instrument.New(instrument.WithServices("api"), instrument.WithObserver(seen))
			if err != nil {
				t.Fatal(err)
			}
			i := authgrpc.NewServerInterceptor(rec.Service("api").Authentication(semconv.MethodPassword))
			ctx := peer.NewContext(t.Context(), &peer.Peer{Addr: tt.addr})
			_, _ = i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/a/b"}, func(ctx context.Context, _ any) (any, error) {
				instrument.Identify(ctx, "alice", "")
				return nil, nil
			})
			if got, want := <-seen, (instrument.Caller{Source: tt.want, Subject: "alice"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

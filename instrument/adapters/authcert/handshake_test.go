// SPDX-License-Identifier: Apache-2.0

package authcert_test

import (
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// serve accepts on loopback until the test ends. Each client is told the serial
// number of the certificate that it brought, 0 for none.
func serve(t *testing.T, c *tls.Config) (address string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { answer(conn.(*tls.Conn)) })
		}
	})
	return l.Addr().String()
}

func answer(conn *tls.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if conn.Handshake() != nil {
		return
	}
	serial := int64(0)
	if peers := conn.ConnectionState().PeerCertificates; len(peers) > 0 {
		serial = peers[0].SerialNumber.Int64()
	}
	_, _ = io.WriteString(conn, strconv.FormatInt(serial, 10))
}

// dial returns the serial numbers of the server's certificate and of the one
// that the server saw.
func dial(address string, c *tls.Config) (server, client int64, err error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", address, c)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	said, err := io.ReadAll(conn)
	if err != nil {
		return 0, 0, err
	}
	client, err = strconv.ParseInt(string(said), 10, 64)
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), client, err
}

func TestHandshakes(t *testing.T) {
	server, client := newRig(t), newRig(t)
	address := serve(t, &tls.Config{
		GetCertificate: server.GetCertificate,
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      client.ca.pool(),
	})
	c := &tls.Config{RootCAs: server.ca.pool(), GetClientCertificate: client.GetClientCertificate}
	want := func(ofServer, ofClient int64) {
		t.Helper()
		if s, c, err := dial(address, c); s != ofServer || c != ofClient || err != nil {
			t.Errorf("server %d, client %d, %v, want %d and %d", s, c, err, ofServer, ofClient)
		}
	}
	want(1, 1)
	server.write(t, server.ca.issue(t, 2, time.Hour))
	if err := server.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	want(2, 1)
	client.write(t, client.ca.issue(t, 7, time.Hour))
	if err := client.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	want(2, 7)
	writeFile(t, server.cert, server.ca.issue(t, 3, time.Hour).cert) // beside the old key
	writeFile(t, client.key, nil)
	if server.Reload(t.Context()) == nil || client.Reload(t.Context()) == nil {
		t.Error("half a pair passes for one")
	}
	want(2, 7)
	for _, r := range []*rig{server, client} {
		r.wantRotations(1, manual, success)
		r.wantRotations(1, manual, failed)
	}
}

// A server that cannot accept the certificate gets none, and decides.
func TestUnacceptableClientCertificate(t *testing.T) {
	server, client := newRig(t), newRig(t)
	address := serve(t, &tls.Config{
		GetCertificate: server.GetCertificate,
		ClientAuth:     tls.VerifyClientCertIfGiven,
		ClientCAs:      newAuthority(t).pool(),
	})
	_, seen, err := dial(address, &tls.Config{RootCAs: server.ca.pool(), GetClientCertificate: client.GetClientCertificate})
	if seen != 0 || err != nil {
		t.Errorf("the server saw %d: %v", seen, err)
	}
}

// Handshakes go on, each with a whole pair, while the files are replaced.
func TestHandshakesWhileReplaced(t *testing.T) {
	r := newRig(t)
	address := serve(t, &tls.Config{GetCertificate: r.GetCertificate})
	const replacements, clients = 20, 4
	pairs := make([]pair, replacements)
	for i := range pairs {
		pairs[i] = r.ca.issue(t, int64(2+i), time.Hour)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			last := int64(0)
			for {
				serial, _, err := dial(address, &tls.Config{RootCAs: r.ca.pool()})
				if err != nil || serial < last {
					t.Errorf("got %d after %d: %v", serial, last, err)
				}
				last = serial
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for _, p := range pairs {
		writeFile(t, r.cert, p.cert)
		if r.Reload(t.Context()) == nil {
			t.Error("half a pair passes for one")
		}
		writeFile(t, r.key, p.key)
		if err := r.Reload(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
	r.wantServed(t, 1+replacements)
	r.wantRotations(replacements, manual, success)
	r.wantRotations(replacements, manual, failed)
	r.got.Want("auth.credential.rotations", 0, scheduled.Attr())
}

func TestConcurrentReloads(t *testing.T) {
	r := newRig(t)
	r.write(t, r.ca.issue(t, 2, time.Hour))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := r.Reload(t.Context()); err != nil {
				t.Error(err)
			}
			r.wantServed(t, 2)
		})
	}
	wg.Wait()
	r.wantRotations(1, manual, semconv.ResultSuccess)
}

func TestAllocations(t *testing.T) {
	r := newRig(t)
	hello := &tls.ClientHelloInfo{}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.GetCertificate(hello) }); n != 0 {
		t.Errorf("GetCertificate allocates %v times", n)
	}
}

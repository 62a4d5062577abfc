// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// server is an HTTP server on a free port of the loopback address. It has its URL before it serves, as the
// three parties of OpenID Connect must know each other's.
type server struct {
	url      string
	listener net.Listener
	http     http.Server
	ended    chan error
}

func listen(ctx context.Context) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &server{url: "http://" + l.Addr().String(), listener: l}, nil
}

// serve answers requests until stop is called.
func (s *server) serve(h http.Handler) {
	s.http = http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.http.Serve(s.listener) }()
}

// stop ends the server at once, as a crash would: whoever connects afterwards is refused. It may be called
// again, without serve, and on nil.
func (s *server) stop() error {
	if s == nil {
		return nil
	}
	if s.ended == nil {
		if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
	err := s.http.Close()
	if e := <-s.ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	s.ended = nil
	return err
}

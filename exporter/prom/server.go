// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// server is the exporter's own HTTP server.
type server struct {
	http   *http.Server
	addr   net.Addr
	tls    bool
	conns  *connections
	served chan struct{} // closed when nothing is served any more
	err    error         // why, if not for shutdown; set before served is closed
}

// listen opens the listener and serves h on it.
func listen(c config, settings webSettings, h http.Handler, report *reporter) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", settings.addr.String())
	if err != nil {
		return nil, c.addressError(err)
	}
	serve := (*http.Server).Serve
	if settings.file != nil {
		file := newWebConfig(c, settings, report)
		h = file.guard(h)
		if settings.tls {
			serve = file.serveTLS
		}
	}
	s := &server{
		http: &http.Server{
			Handler:           working(c.guardHost(settings, report, h)),
			ReadHeaderTimeout: c.limits.header,
			ReadTimeout:       c.limits.request,
			WriteTimeout:      c.limits.collect + c.limits.answer,
			IdleTimeout:       c.limits.idle,
			MaxHeaderBytes:    c.limits.headerBytes,
			HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: c.limits.streams},
			ConnContext:       withConn,
			ErrorLog:          report.logger(),
		},
		addr:   l.Addr(),
		tls:    settings.tls,
		conns:  limitConnections(l, c.limits.connections),
		served: make(chan struct{}),
	}
	go func() {
		defer close(s.served)
		err := serve(s.http, s.conns)
		if !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close()
			s.err = fmt.Errorf("prom: the endpoint on %v stopped: %w", s.addr, err)
			report.errorf("stopped", "the endpoint on %v stopped: %v", s.addr, err)
		}
	}()
	return s, nil
}

func (s *server) url() string {
	scheme := "http"
	if s.tls {
		scheme = "https"
	}
	return scheme + "://" + s.addr.String() + metricsPath
}

// shutdown returns when nothing is served any more, or soon after ctx ends.
func (s *server) shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("prom: scrapes on %v cut off: %w", s.addr, err)
		_ = s.http.Close()
	}
	<-s.served
	return errors.Join(err, s.err)
}

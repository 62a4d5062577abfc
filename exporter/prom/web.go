// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"golang.org/x/time/rate"
)

// webSettings is what the server needs to know before it starts.
type webSettings struct {
	addr        *net.TCPAddr
	file        *webFile // nil without one
	tls         bool
	users       bool // basic authentication
	clientCerts bool // verified ones are required
}

func (s webSettings) with(f *webFile) webSettings {
	s.file, s.tls, s.users, s.clientCerts = f, f.tls != nil, len(f.users) > 0, f.clientCerts
	return s
}

// webConfig is a web configuration file in use. It is read at every connection
// and every request, with all the checks that it had to pass at first: what
// became wrong serves nobody.
type webConfig struct {
	config config
	first  webSettings
	report *reporter
	logins *logins
	limit  *rate.Limiter // nil for none
}

func newWebConfig(c config, first webSettings, report *reporter) *webConfig {
	w := &webConfig{config: c, first: first, report: report, logins: newLogins(c.maxRequests)}
	if l := first.file.limit; l.Interval != 0 {
		w.limit = rate.NewLimiter(rate.Every(l.Interval), l.Burst)
	}
	return w
}

var errSwitched = errors.New("TLS was switched on or off, which needs a restart")

// now returns the file as it is now.
func (w *webConfig) now() (*webFile, error) {
	f, err := loadWebConfig(w.config.webConfig, w.config.fileChecks)
	if err == nil {
		err = w.config.checkReloaded(w.first, w.first.with(f))
	}
	if err != nil {
		w.report.errorf("web configuration", "nothing is served, for %q is wrong: %v", w.config.webConfig, err)
		return nil, err
	}
	return f, nil
}

func (c config) checkReloaded(first, now webSettings) error {
	if first.tls != now.tls {
		return errSwitched
	}
	return errors.Join(c.checkCredentials(now), c.checkExposure(now))
}

// guard serves those requests that the file lets pass.
func (w *webConfig) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		f, err := w.now()
		if err != nil {
			refuse(rw, http.StatusInternalServerError)
			return
		}
		if w.limit != nil && !w.limit.Allow() {
			refuse(rw, http.StatusTooManyRequests)
			return
		}
		for k, v := range f.header {
			rw.Header().Set(k, v)
		}
		if len(f.users) > 0 {
			verdict := refused
			if name, password, ok := r.BasicAuth(); ok {
				verdict = w.logins.check(r.Context(), f.users, name, password)
			}
			switch verdict {
			case let:
			case busy:
				refuse(rw, http.StatusServiceUnavailable)
				return
			default:
				rw.Header().Set("WWW-Authenticate", `Basic realm="metrics"`)
				refuse(rw, http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(rw, r)
	})
}

// refuse says no more than the status does.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

// serveTLS serves l by the file's certificates.
func (w *webConfig) serveTLS(s *http.Server, l net.Listener) error {
	s.Protocols = &http.Protocols{}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(w.first.file.http2)
	s.TLSConfig = &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			f, err := w.now()
			if err != nil {
				return nil, err
			}
			// net/http adds these to its own copy alone.
			if s.TLSNextProto["h2"] != nil {
				f.tls.NextProtos = append(f.tls.NextProtos, "h2")
			}
			f.tls.NextProtos = append(f.tls.NextProtos, "http/1.1")
			return f.tls, nil
		},
	}
	return s.ServeTLS(l, "", "")
}

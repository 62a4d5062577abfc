// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"

	"github.com/datapunk/otelauth/instrument/authhttp"
)

func TestSniff(t *testing.T) {
	tests := map[string]struct {
		header http.Header
		tls    bool
		opts   []authhttp.Option
		want   authhttp.Kind
	}{
		"nothing":                     {nil, false, nil, authhttp.KindNone},
		"basic":                       {http.Header{"Authorization": {"Basic eA=="}}, false, nil, authhttp.KindBasic},
		"any case":                    {http.Header{"Authorization": {"bEARER x"}}, false, nil, authhttp.KindBearer},
		"another scheme":              {http.Header{"Authorization": {"Negotiate x"}}, false, nil, authhttp.KindOther},
		"scheme alone":                {http.Header{"Authorization": {"Bearer"}}, false, nil, authhttp.KindNone},
		"scheme and blanks":           {http.Header{"Authorization": {"Bearer  \t "}}, false, nil, authhttp.KindNone},
		"empty":                       {http.Header{"Authorization": {""}}, false, nil, authhttp.KindNone},
		"api key":                     {http.Header{"X-Api-Key": {"k"}}, false, nil, authhttp.KindAPIKey},
		"empty api key":               {http.Header{"X-Api-Key": {""}}, false, nil, authhttp.KindNone},
		"own api key":                 {http.Header{"X-Shop-Key": {"k"}}, false, []authhttp.Option{authhttp.WithAPIKeyHeader("x-shop-KEY")}, authhttp.KindAPIKey},
		"own in place of the default": {http.Header{"X-Api-Key": {"k"}}, false, []authhttp.Option{authhttp.WithAPIKeyHeader("x-shop-key")}, authhttp.KindNone},
		"no api keys":                 {http.Header{"X-Api-Key": {"k"}}, false, []authhttp.Option{authhttp.WithAPIKeyHeader()}, authhttp.KindNone},
		"cookie":                      {http.Header{"Cookie": {"a=1; sid=2"}}, false, []authhttp.Option{authhttp.WithSessionCookie("sid")}, authhttp.KindCookie},
		"second line of cookies":      {http.Header{"Cookie": {"a=1", "sid=2"}}, false, []authhttp.Option{authhttp.WithSessionCookie("x", "sid")}, authhttp.KindCookie},
		"other cookie":                {http.Header{"Cookie": {"mysid=2; sidx=1; a=sid=2"}}, false, []authhttp.Option{authhttp.WithSessionCookie("sid")}, authhttp.KindNone},
		"empty cookie":                {http.Header{"Cookie": {`sid=; sid=""; sid`}}, false, []authhttp.Option{authhttp.WithSessionCookie("sid")}, authhttp.KindNone},
		"certificate":                 {nil, true, nil, authhttp.KindCertificate},
		"certificate and bearer":      {http.Header{"Authorization": {"Bearer x"}}, true, nil, authhttp.KindBearer},
		"bearer and api key":          {http.Header{"Authorization": {"Bearer x"}, "X-Api-Key": {"k"}}, false, nil, authhttp.KindBearer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Header: tt.header}
			if tt.tls {
				r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
			}
			if got := authhttp.Sniff(r, tt.opts...); got != tt.want {
				t.Errorf("Sniff = %v, want %v", got, tt.want)
			}
		})
	}
	if got := authhttp.Sniff(nil); got != authhttp.KindNone {
		t.Errorf("Sniff(nil) = %v", got)
	}
	if got := authhttp.Kind(200).String(); got != "none" {
		t.Errorf("Kind(200) = %q", got)
	}
}

// FuzzSniff holds that only the few kinds come out, each for its header alone,
// and that the cookies are seen as net/http sees them.
func FuzzSniff(f *testing.F) {
	f.Add("Basic eA==", "", "")
	f.Add("bearer a.b.c", "key", "sid=1")
	f.Add("Bearer", "", "a=b; sid=\"x\"")
	f.Add(" \t Digest username=\"x\"", "", "sid=;sid")
	f.Add("\x00", "", "sid= x;; =;sid==")
	f.Add("", "", "\rsid =\"0\"")
	opt := authhttp.WithSessionCookie("sid")
	f.Fuzz(func(t *testing.T, authorization, key, cookie string) {
		r := &http.Request{Header: http.Header{}}
		r.Header["Authorization"] = []string{authorization}
		switch k := authhttp.Sniff(r, opt); k {
		case authhttp.KindNone, authhttp.KindBearer, authhttp.KindOther:
			if _, _, ok := r.BasicAuth(); ok {
				t.Errorf("net/http reads basic from %q, Sniff says %v", authorization, k)
			}
		case authhttp.KindBasic:
		default:
			t.Errorf("Authorization %q: %v", authorization, k)
		}
		r.Header = http.Header{"Cookie": {cookie}}
		k := authhttp.Sniff(r, opt)
		if k != authhttp.KindNone && k != authhttp.KindCookie {
			t.Errorf("Cookie %q: %v", cookie, k)
		}
		if c, err := r.Cookie("sid"); err == nil && c.Value != "" && k != authhttp.KindCookie {
			t.Errorf("Cookie %q: net/http sees %q, Sniff %v", cookie, c.Value, k)
		}
		r.Header = http.Header{"X-Api-Key": {key}}
		if k := authhttp.Sniff(r, opt); (k == authhttp.KindAPIKey) != (key != "") {
			t.Errorf("key %q: %v", key, k)
		}
	})
}

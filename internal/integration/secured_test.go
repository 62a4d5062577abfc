// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/datapunk/otelauth/exporter/prom"
)

// TestPrometheusScrapesSecured scrapes endpoints that want a credential, with the settings that Prometheus has for it,
// and with a wrong credential that must get nothing.
func TestPrometheusScrapesSecured(t *testing.T) {
	cert, key := newCertificate(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	web := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(web, fmt.Appendf(nil, `
tls_server_config:
  cert_file: %q
  key_file: %q
basic_auth_users:
  prometheus: %q
`, cert, key, hash), 0o600); err != nil {
		t.Fatal(err)
	}

	const bearer = "authorization: {credentials: %s}"
	users := "scheme: https\ntls_config: {ca_file: '" + cert + "'}\nbasic_auth: {username: prometheus, password: %s}"
	for _, tt := range []struct {
		name   string
		option prom.Option
		scrape string
	}{
		{"bearer token", prom.WithBearerToken("right"), bearer},
		{"TLS and users", prom.WithWebConfigFile(web), users},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := startPipeline(t, pull(tt.option))
			friend, stranger := newPrometheus(t), newPrometheus(t)
			friend.scrape(addr, fmt.Sprintf(tt.scrape, "right"))
			stranger.scrape(addr, fmt.Sprintf(tt.scrape, "wrong"))
			friend.await(`up`, equals(1))
			friend.await(`sum(auth_authentication_attempts_total)`, equals(11))
			stranger.await(`up`, equals(0))
			if v, err := stranger.query(`{__name__=~"auth_.+"}`); err != nil || len(v) != 0 {
				t.Errorf("a stranger got %v, %v", v, err)
			}
		})
	}
}

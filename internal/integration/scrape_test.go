// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"time"

	clientgolang "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/scrape"
)

// classic and native are what a test adds to the scrape configuration.
const (
	classic = ""
	native  = "scrape_native_histograms: true"
)

// scrape has Prometheus' own scrape manager fetch /metrics of addr twice a second until the test ends. What is extra
// goes to the scrape configuration.
func (p *prometheus) scrape(addr, extra string) {
	p.t.Helper()
	const job = "otelauth"
	cfg, err := config.Load(fmt.Sprintf(`
scrape_configs:
- job_name: %s
  scrape_interval: 500ms
  scrape_timeout: 500ms
  %s
`, job, strings.ReplaceAll(extra, "\n", "\n  ")), p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	manager, err := scrape.NewManager(&scrape.Options{
		DiscoveryReloadOnStartup: true,
		DiscoveryReloadInterval:  model.Duration(time.Second),
	}, p.log, nil, nil, p.db, clientgolang.NewRegistry())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := manager.ApplyConfig(cfg); err != nil {
		p.t.Fatal(err)
	}
	targets := make(chan map[string][]*targetgroup.Group, 1)
	targets <- map[string][]*targetgroup.Group{job: {{
		Source:  "static",
		Targets: []model.LabelSet{{model.AddressLabel: model.LabelValue(addr)}},
	}}}
	done := make(chan error, 1)
	go func() { done <- manager.Run(targets) }()
	p.t.Cleanup(func() {
		manager.Stop()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/prometheus/promql"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/views"
)

// TestNativeHistograms asks for quantiles of native histograms, scraped and pushed. The driven logins took 62.5, 125,
// 250, 500 and 2000 ms.
func TestNativeHistograms(t *testing.T) {
	scraped, pushed := newPrometheus(t), newPrometheus(t)
	addr := startPipeline(t, pull(), pushTo(pushed.receive()), exporter.WithViews(views.Exponential()))
	scraped.scrape(addr, native)
	for _, p := range []*prometheus{scraped, pushed} {
		p.await(`histogram_count(sum(auth_authentication_duration_seconds))`, equals(5))
		p.await(`histogram_sum(sum(auth_authentication_duration_seconds))`, equals(2.9375))
		p.await(`histogram_quantile(0.5, sum(auth_authentication_duration_seconds))`, near(0.25))
		p.await(`histogram_quantile(0.5, sum(auth_token_verification_duration_seconds{auth_result="success"}))`, near(0.0000625))
		p.await(`histogram_fraction(0, 1, sum(auth_authentication_duration_seconds))`, near(0.8))
	}
}

// near allows for what a bucket of an exponential histogram is wide.
func near(want float64) func(promql.Vector) error {
	return each(fmt.Sprint("near ", want), func(f float64) bool { return math.Abs(f-want) <= want*0.05 })
}

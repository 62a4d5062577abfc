// SPDX-License-Identifier: Apache-2.0

package anomaly_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/anomaly"
	"github.com/datapunk/otelauth/semconv"
)

func Example() {
	d, err := anomaly.New(anomaly.Inline(), anomaly.WithCallback(func(f anomaly.Finding) {
		fmt.Println(f.Kind, f.Severity, f.Service, f.Count)
	}))
	if err != nil {
		panic(err)
	}
	rec, err := instrument.New(instrument.WithObserver(d), instrument.WithServices("api"))
	if err != nil {
		panic(err)
	}
	d.Start(rec)
	defer d.Shutdown(context.Background())

	logins := rec.Service("api").Authentication(semconv.MethodPassword)
	addr := netip.MustParseAddr("192.0.2.1")
	for i := range 6 {
		ctx := instrument.WithCaller(context.Background(), instrument.Caller{
			Source: addr, Subject: "alice", Time: time.Date(2025, 1, 1, 0, 0, i, 0, time.UTC),
		})
		logins.Count(ctx, instrument.Failure(semconv.ReasonInvalidCredentials))
	}
	fmt.Println(d.Verdict(addr, "alice").Source)
	// Output:
	// brute_force medium api 5
	// brute_force
}

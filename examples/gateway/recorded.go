// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// show prints what the metrics say, but for zeros and what depends on the clock.
func show(ctx context.Context, metrics string, out io.Writer) {
	fmt.Fprintf(out, "\n%8s  at %s\n", "recorded", metrics)
	resp, err := get(ctx, metrics)
	if err != nil { // as with OTEL_SDK_DISABLED: the gateway does its work all the same
		fmt.Fprintf(out, "%8s  %v\n", "-", err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	for line := range strings.Lines(string(body)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		clock := strings.Contains(series, "_duration_") || strings.Contains(series, "_timestamp_")
		if strings.HasPrefix(series, "auth_") && value != "0" && !clock {
			fmt.Fprintf(out, "%8s  %s\n", value, series)
		}
	}
	if err != nil {
		fmt.Fprintf(out, "%8s  %v\n", "-", err)
	}
}

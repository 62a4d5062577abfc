// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// show prints what the metrics say, but for zeros and what depends on the clock.
func show(ctx context.Context, metrics string, out io.Writer) error {
	resp, err := get(ctx, metrics)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	fmt.Fprintf(out, "\n%8s  at %s\n", "recorded", metrics)
	for line := range strings.Lines(string(body)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		clock := strings.Contains(series, "_duration_") || strings.Contains(series, "_timestamp_")
		if strings.HasPrefix(series, "auth_") && value != "0" && !clock {
			fmt.Fprintf(out, "%8s  %s\n", value, series)
		}
	}
	return err
}

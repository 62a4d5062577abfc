// SPDX-License-Identifier: Apache-2.0

package authgrpc

import (
	"context"
	"net/http"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/datapunk/otelauth/instrument/authhttp"
)

// FuzzSniff holds that metadata are read as package authhttp reads headers, whose
// rules are held against net/http.
func FuzzSniff(f *testing.F) {
	f.Add("Basic eA==", "")
	f.Add("bearer a.b.c", "key")
	f.Add("Bearer", "key")
	f.Add(" \t Digest username=\"x\"", "")
	f.Add("Bearer  \t ", "\x00")
	f.Add("\x00 \xff", " ")
	f.Add("", "")
	c := newConfig(nil)
	f.Fuzz(func(t *testing.T, authorization, key string) {
		r := &http.Request{Header: http.Header{"Authorization": {authorization}, "X-Api-Key": {key}}}
		want := authhttp.Sniff(r)
		ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", authorization, "x-api-key", key))
		if got := c.sniff(ctx); got != want {
			t.Errorf("authorization %q, key %q: %v, want %v", authorization, key, got, want)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package authredis_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Outages are the tests' own: the client need not tell of each.
func init() { logging.Disable() }

// server is a Redis that the test has for itself.
type server struct {
	client *redis.Client
	stop   func() // takes it down; the client stays
}

// onEach runs the test on a Redis in the process and on a real one.
func onEach(t *testing.T, test func(*testing.T, server)) {
	t.Run("miniredis", func(t *testing.T) { test(t, inProcess(t)) })
	t.Run("redis-server", func(t *testing.T) { test(t, separate(t)) })
}

func inProcess(t *testing.T) server {
	t.Helper()
	m := miniredis.RunT(t)
	return server{newClient(t, &redis.Options{Addr: m.Addr()}), m.Close}
}

// newClient makes a client that does not try again, so that an outage is quick.
func newClient(t *testing.T, o *redis.Options) *redis.Client {
	t.Helper()
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// separate starts a redis-server on a socket in a directory of its own: no port
// that somebody else might take first or connect to.
func separate(t *testing.T) server {
	t.Helper()
	binary := findServer(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(binary, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	stop := func() { _ = cmd.Process.Kill(); <-ended }
	t.Cleanup(stop)

	client := newClient(t, &redis.Options{Network: "unix", Addr: socket})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return server{client, stop}
		}
		select {
		case <-retry.C:
		case <-ended:
			t.Fatal("redis-server ended by itself")
		case <-ctx.Done():
			t.Fatal("redis-server does not answer:", err)
		}
	}
}

// findServer finds the binary. In CI it has to be there.
func findServer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		path, err = exec.LookPath("/usr/bin/redis-server")
	}
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("redis-server is not installed, which CI needs: apt-get install redis-server:", err)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		t.Skip("redis-server is not installed; apt-get install redis-server to run this test")
	default:
		t.Fatal(err)
	}
	return path
}

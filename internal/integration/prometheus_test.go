// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
)

// prometheus is the part of a Prometheus server that the tests need: its storage and its query engine.
// What fills the storage is up to the test, see scrape and otlpHandler.
type prometheus struct {
	t      *testing.T
	log    *slog.Logger
	db     *tsdb.DB
	engine *promql.Engine
}

func newPrometheus(t *testing.T) *prometheus {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	db, err := tsdb.Open(t.TempDir(), log, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	engine := promql.NewEngine(promql.EngineOpts{
		Logger:     log,
		MaxSamples: 1_000_000,
		Timeout:    10 * time.Second,
		Parser:     parser.NewParser(parser.Options{}),
	})
	t.Cleanup(func() { _ = engine.Close() })
	return &prometheus{t: t, log: log, db: db, engine: engine}
}

// query evaluates an expression now. A warning or an info annotation is an error here: a query of ours that makes
// Prometheus warn (a rate over a gauge, a quantile over a broken histogram) points at a broken series.
func (p *prometheus) query(expr string) (promql.Vector, error) {
	q, err := p.engine.NewInstantQuery(p.t.Context(), p.db, nil, expr, time.Now())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	res := q.Exec(p.t.Context())
	if res.Err != nil {
		return nil, res.Err
	}
	v, err := res.Vector()
	if err != nil {
		return nil, err
	}
	if n := res.Warnings.AsErrors(); len(n) != 0 {
		return nil, errors.Join(n...)
	}
	// The result's slice goes back to a pool on Close.
	return append(promql.Vector(nil), v...), nil
}

// await evaluates an expression until ok is satisfied with its result, and returns that result.
func (p *prometheus) await(expr string, ok func(promql.Vector) error) promql.Vector {
	p.t.Helper()
	var result promql.Vector
	eventually(p.t, 30*time.Second, func() error {
		v, err := p.query(expr)
		if err == nil {
			err = ok(v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w; result: %v", expr, err, v)
		}
		result = v
		return nil
	})
	return result
}

// eventually calls f until it returns nil, and fails the test with its last error after d.
func eventually(t *testing.T, d time.Duration, f func() error) {
	t.Helper()
	deadline := time.Now().Add(d)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %v", d, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

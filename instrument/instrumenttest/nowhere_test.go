// SPDX-License-Identifier: Apache-2.0

package instrumenttest_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

const (
	secret = "hunter2~Käse"
	tenant = "a value of the allow-list"
)

// export returns what a provider of one's own exports after record.
func export(t *testing.T, record func(metric.Meter), opts ...sdkmetric.Option) (*instrumenttest.Got, *fakeT) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
	t.Cleanup(func() { _ = mp.Shutdown(ctx) })
	record(mp.Meter("own"))
	f := &fakeT{}
	return instrumenttest.Read(f, reader), f
}

// labelled records one attribute.
func labelled(kvs ...attribute.KeyValue) func(metric.Meter) {
	return func(m metric.Meter) { must(m.Int64Counter("own.count")).Add(ctx, 1, metric.WithAttributes(kvs...)) }
}

// A handler that takes a label from the request leaks, however carefully the
// value was put on an allow-list.
func TestALeakByTheAllowList(t *testing.T) {
	rec, got, f := fake(instrument.WithAllowed(semconv.TenantKey, "acme", "alice@example.com"))
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, _, _ := r.BasicAuth()
		rec.Service("api").Authentication(semconv.MethodPassword, instrument.Tenant(user)).Count(r.Context(), refused)
	})
	for _, user := range []string{"bob@example.com", "acme"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.SetBasicAuth(user, secret)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	got.WantNowhere(secret, "bob@example.com", "alice@example.com")
	said(t, f, "")

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth("alice@example.com", secret)
	handler.ServeHTTP(httptest.NewRecorder(), r)
	got.WantNowhere(secret, "bob@example.com", "Alice@Example.com")
	said(t, f, "WantNowhere: secret 3 is exported as it is in the value of auth.tenant of auth.authentication.attempts")
}

func TestALeakByTheNameOfAService(t *testing.T) {
	rec, got, f := fake()
	rec.Service("shop-of-"+secret).Authentication(semconv.MethodPassword).Record(ctx, 1, nil)
	got.WantNowhere(secret)
	for _, metric := range []string{"auth.authentication.attempts", "auth.authentication.duration"} {
		if want := "as it is in the value of auth.service.name of " + metric; !strings.Contains(strings.Join(f.failures, "\n"), want) {
			t.Errorf("not found %s: %q", want, f.failures)
		}
	}
}

func TestEveryPlaceIsLookedAt(t *testing.T) {
	withSecret := attribute.String("k", "x"+secret+"y")
	always := sdkmetric.WithExemplarFilter(exemplar.AlwaysOnFilter)
	filtered := sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "*"},
		sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("k")}))
	fromExemplar := func(record func(metric.Meter)) (*instrumenttest.Got, *fakeT) {
		return export(t, record, always, filtered)
	}
	res := resource.NewSchemaless(withSecret)

	for name, c := range map[string]struct {
		got  func() (*instrumenttest.Got, *fakeT)
		want string
	}{
		"value":    {func() (*instrumenttest.Got, *fakeT) { return export(t, labelled(withSecret)) }, "as it is in the value of k of own.count"},
		"key":      {func() (*instrumenttest.Got, *fakeT) { return export(t, labelled(attribute.Bool(secret, true))) }, "as it is in a key of own.count"},
		"resource": {func() (*instrumenttest.Got, *fakeT) { return export(t, labelled(), sdkmetric.WithResource(res)) }, "as it is in the value of k of the resource"},
		"list": {func() (*instrumenttest.Got, *fakeT) {
			return export(t, labelled(attribute.StringSlice("k", []string{"a", secret})))
		}, "as it is in the value of k of own.count"},
		"bytes": {func() (*instrumenttest.Got, *fakeT) {
			return export(t, labelled(attribute.ByteSlice("k", []byte(secret))))
		}, "as it is in the value of k of own.count"},
		"map in a list": {func() (*instrumenttest.Got, *fakeT) {
			inner := attribute.MapValue(attribute.String("a\""+secret, "b"))
			return export(t, labelled(attribute.KeyValue{Key: "k", Value: attribute.SliceValue(inner)}))
		}, "as it is in the value of k of own.count"},
		"exponential histogram": {func() (*instrumenttest.Got, *fakeT) {
			view := sdkmetric.NewView(sdkmetric.Instrument{Name: "*"}, sdkmetric.Stream{
				Aggregation:     sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20},
				AttributeFilter: attribute.NewDenyKeysFilter("k")})
			return export(t, func(m metric.Meter) {
				must(m.Float64Histogram("own.time")).Record(ctx, 1, metric.WithAttributes(withSecret))
			}, always, sdkmetric.WithView(view))
		}, "as it is in the value of k of an exemplar of own.time"},
		"description": {func() (*instrumenttest.Got, *fakeT) {
			return export(t, func(m metric.Meter) {
				must(m.Int64Counter("own.count", metric.WithDescription(secret))).Add(ctx, 1)
			})
		}, "as it is in the description of a metric"},
		"unit": {func() (*instrumenttest.Got, *fakeT) {
			return export(t, func(m metric.Meter) { must(m.Int64Counter("own.count", metric.WithUnit(secret))).Add(ctx, 1) })
		}, "as it is in the unit of a metric"},
		"exemplar of a counter": {func() (*instrumenttest.Got, *fakeT) { return fromExemplar(labelled(withSecret)) },
			"as it is in the value of k of an exemplar of own.count"},
		"exemplar of a histogram": {func() (*instrumenttest.Got, *fakeT) {
			return fromExemplar(func(m metric.Meter) {
				must(m.Float64Histogram("own.time")).Record(ctx, 1, metric.WithAttributes(withSecret))
			})
		}, "as it is in the value of k of an exemplar of own.time"},
		"exemplar of a gauge": {func() (*instrumenttest.Got, *fakeT) {
			return fromExemplar(func(m metric.Meter) {
				must(m.Int64Gauge("own.level")).Record(ctx, 1, metric.WithAttributes(withSecret))
			})
		}, "as it is in the value of k of an exemplar of own.level"},
	} {
		t.Run(name, func(t *testing.T) {
			got, f := c.got()
			got.WantNowhere("something else", secret)
			if failures := f.take(); !strings.Contains(failures, "WantNowhere: secret 2 is exported "+c.want) ||
				strings.Contains(failures, "secret 1") || strings.Contains(failures, secret) {
				t.Errorf("%q", failures)
			}
			got.WantNowhere("nothing of it")
			said(t, f, "")
		})
	}
}

func TestAKeyThatIsTheSecretIsNotRepeated(t *testing.T) {
	got, f := export(t, labelled(attribute.String(secret, secret)))
	got.WantNowhere(secret)
	said(t, f, "WantNowhere: secret 1 is exported as it is in a key of own.count\n"+
		"WantNowhere: secret 1 is exported as it is in a place whose name holds it too")
}

func TestEveryFormIsFound(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 20)
	percent := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteString("%" + hex.EncodeToString([]byte{c}))
		}
		return b.String()
	}
	basic := func(before, after string) string {
		return base64.StdEncoding.EncodeToString([]byte(before + secret + after))
	}
	for name, c := range map[string]struct{ secret, exported, form string }{
		"as it is":              {secret, secret, "as it is"},
		"inside":                {secret, "user=" + secret + ";", "as it is"},
		"upper case":            {secret, strings.ToUpper(secret), "as it is"},
		"lower case":            {"ABCDE", "xabcdex", "as it is"},
		"four bytes":            {"pin4", "pin4", "as it is"},
		"hexadecimal":           {secret, hex.EncodeToString([]byte("x" + secret)), "in hexadecimal"},
		"hexadecimal, upper":    {secret, strings.ToUpper(hex.EncodeToString([]byte(secret))), "in hexadecimal"},
		"hexadecimal of upper":  {secret, hex.EncodeToString([]byte(strings.ToUpper(secret))), "in hexadecimal"},
		"base64":                {secret, basic("", ""), "in base64"},
		"base64, one before":    {secret, basic("a", "bc"), "in base64"},
		"base64, two before":    {secret, basic("ab", "c"), "in base64"},
		"base64, a user before": {secret, "Basic " + basic("alice:", ""), "in base64"},
		"base64 of upper":       {secret, base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(secret))), "in base64"},
		"base64 folded":         {secret, strings.ToLower(basic("", "")), "in base64"},
		"base64 of four bytes":  {"pin4", base64.StdEncoding.EncodeToString([]byte("abpin4")), "in base64"},
		"base64 for URLs":       {"~~~~???", base64.RawURLEncoding.EncodeToString([]byte("~~~~???")), "in base64"},
		"base64 in a URL":       {"~~~~???", url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("~~~~???"))), "in base64"},
		"query":                 {"a b&c/d", url.QueryEscape("a b&c/d"), "with URL escapes"},
		"path":                  {"a b&c/d", url.PathEscape("a b&c/d"), "with URL escapes"},
		"every byte escaped":    {secret, percent(secret), "with URL escapes"},
		"escaped twice":         {secret, url.QueryEscape(percent(secret)), "with URL escapes"},
		"escaped beside a cut":  {secret, percent(secret) + "%4", "with URL escapes"},
		"cut to its beginning":  {long, long[:128], "as it is"},
		"cut to its end":        {long, long[len(long)-100:], "as it is"},
		"base64, cut":           {long, base64.StdEncoding.EncodeToString([]byte(long))[:128], "in base64"},
		"long, cut in a letter": {strings.Repeat("ä", 31) + "xä" + long, strings.Repeat("Ä", 31) + "XÄ", "as it is"},
	} {
		t.Run(name, func(t *testing.T) {
			got, f := export(t, labelled(attribute.String("k", c.exported)))
			got.WantNowhere(c.secret)
			said(t, f, "WantNowhere: secret 1 is exported "+c.form+" in the value of k of own.count")
		})
	}
}

func TestWhatIsNoLeakPasses(t *testing.T) {
	rec, got, f := fake(instrument.WithAllowed(semconv.TenantKey, tenant))
	api := rec.Service("api")
	api.Authentication(semconv.MethodPassword, instrument.Tenant("alice")).Record(ctx, 1, refused)
	for _, secret := range []string{"alice", "hunter2", "pin4", "192.0.2.1", "eyJhbGciOiJIUzI1NiJ9.e30.abc", "user", "x\xff\xfe\xfd"} {
		got.WantNowhere(secret)
	}
	said(t, f, "")

	// The base64 of a short secret is a word in another case.
	got, f = export(t, labelled(attribute.String("k", strings.ToLower(base64.StdEncoding.EncodeToString([]byte("pin4"))))))
	got.WantNowhere("pin4")
	said(t, f, "")
}

func TestWhatCannotBeLookedFor(t *testing.T) {
	rec, got, f := fake()
	rec.Service("api").Authentication(semconv.MethodPassword).Count(ctx, nil)
	got.WantNowhere()
	said(t, f, "WantNowhere: no secret to look for")
	got.WantNowhere("", "long enough", "abc")
	said(t, f, "WantNowhere: secret 1 has 0 bytes; one of less than 4 is found by chance\n"+
		"WantNowhere: secret 3 has 3 bytes; one of less than 4 is found by chance")

	got, f = export(t, func(metric.Meter) {})
	got.WantNowhere(secret)
	said(t, f, "WantNowhere: nothing was exported in which a secret could be")
}

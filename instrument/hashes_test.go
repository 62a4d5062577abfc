// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// alias is a name whose attribute set is, to the SDK's hash, that of the service
// api with the tenant acme: keys and values are hashed one after the other, with
// a constant between them and nothing that says where one ends.
const alias = "apiauth.tenant_string_acme"

func TestTheAliasIsOne(t *testing.T) {
	token := semconv.TokenTypeAccess.Attr()
	a := attribute.NewSet(semconv.ServiceNameKey.String("api"), semconv.TenantKey.String("acme"), token)
	b := attribute.NewSet(semconv.ServiceNameKey.String(alias), token)
	if a.Equivalent() != b.Equivalent() {
		t.Fatal("the SDK tells the two apart: the tests of this file need another pair")
	}
}

func TestACraftedNameDoesNotJoinAnotherSeries(t *testing.T) {
	g := newRig(t, WithServices("api"), WithServiceLimit(10), WithAllowed(semconv.TenantKey, "acme"))
	victim := g.rec.Service("api").TokenVerification(semconv.TokenTypeAccess, Tenant("acme"))
	attacker := g.rec.Service(alias).TokenVerification(semconv.TokenTypeAccess)
	for range 3 {
		victim.Record(ctx, 1, nil)
	}
	for range 5 {
		attacker.Record(ctx, 1, nil)
		attacker.Record(ctx, 1, Failure(semconv.ReasonExpired))
	}
	g.want("auth.token.verifications", map[string]float64{
		"result=success service.name=api tenant=acme token.type=access":               3,
		"result=success service.name=_OTHER token.type=access":                        5,
		"failure.reason=expired result=failure service.name=_OTHER token.type=access": 5,
	})
	g.want("auth.token.verification.duration", map[string]float64{
		"result=success service.name=api tenant=acme token.type=access": 3,
		"result=success service.name=_OTHER token.type=access":          5,
		"result=failure service.name=_OTHER token.type=access":          5,
	})
	if got := g.values("auth.sdk.collapsed_values")["sdk.attribute=auth.service.name"]; got == 0 {
		t.Error("the refusal was not counted")
	}
}

func TestOneSetOfTwoInstrumentsIsNoCollision(t *testing.T) {
	g := newRig(t, WithServices("api"))
	api := g.rec.Service("api")
	api.Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
	api.KeySet().Refreshed(ctx, nil)
	api.Authentication(semconv.MethodPassword).Record(ctx, 1, nil)
	g.want("auth.sdk.collapsed_values", map[string]float64{})
}

// The SDK's own behaviour, which is why there is a guard.
func TestWithoutTheGuardTheSeriesAreMerged(t *testing.T) {
	g := newRig(t)
	c := g.rec.inst.tokenVerifications
	c.Add(ctx, 3, "api", semconv.TokenTypeAccess, semconv.ResultSuccess, semconv.TenantKey.String("acme"))
	c.Add(ctx, 5, alias, semconv.TokenTypeAccess, semconv.ResultSuccess)
	if got := g.values("auth.token.verifications"); len(got) != 1 {
		t.Errorf("%v: the SDK tells the two apart now, and the guard may go", got)
	}
}

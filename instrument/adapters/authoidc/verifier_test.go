// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authoidc"
	"github.com/datapunk/otelauth/instrument/adapters/internal/adaptertest"
	"github.com/datapunk/otelauth/semconv"
)

// unmapped is a mapper that knows nothing: what a Verifier returns needs none.
func unmapped(error) error { return nil }

// tampered returns a token with another payload under the same signature.
func tampered(token string) string {
	parts := strings.Split(token, ".")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin"}`))
	return strings.Join(parts, ".")
}

func later(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func TestVerify(t *testing.T) {
	p := newProvider(t)
	stranger := newKey(t)
	fail := instrument.Failure
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"good":                    {p.token(nil), nil},
		"one of its audiences":    {p.token(claims{"aud": []string{"web", "api"}}), nil},
		"without a key's name":    {sign(t, p.key, jose.ES256, "", p.claims(nil)), nil},
		"nbf within the leeway":   {p.token(claims{"nbf": later(time.Minute)}), nil},
		"expired":                 {p.token(claims{"exp": later(-time.Minute)}), fail(semconv.ReasonExpired)},
		"exp missing":             {p.token(claims{"exp": nil}), fail(semconv.ReasonMissing)},
		"not yet valid":           {p.token(claims{"nbf": later(time.Hour)}), fail(semconv.ReasonNotYetValid)},
		"another issuer":          {p.token(claims{"iss": "https://evil.example"}), fail(semconv.ReasonIssuerMismatch)},
		"no issuer":               {p.token(claims{"iss": nil}), fail(semconv.ReasonIssuerMismatch)},
		"another audience":        {p.token(claims{"aud": "web"}), fail(semconv.ReasonAudienceMismatch)},
		"no audience":             {p.token(claims{"aud": nil}), fail(semconv.ReasonAudienceMismatch)},
		"issuer before audience":  {p.token(claims{"aud": "web", "iss": "x"}), fail(semconv.ReasonIssuerMismatch)},
		"audience before expiry":  {p.token(claims{"aud": "web", "exp": 1}), fail(semconv.ReasonAudienceMismatch)},
		"tampered":                {tampered(p.token(nil)), fail(semconv.ReasonBadSignature)},
		"another's with our name": {sign(t, stranger, jose.ES256, "one", p.claims(nil)), fail(semconv.ReasonBadSignature)},
		"another's without name":  {sign(t, stranger, jose.ES256, "", p.claims(nil)), fail(semconv.ReasonBadSignature)},
		"another's":               {sign(t, stranger, jose.ES256, "two", p.claims(nil)), fail(semconv.ReasonUnknownKey)},
		"symmetric":               {sign(t, []byte(strings.Repeat("k", 32)), jose.HS256, "one", p.claims(nil)), fail(semconv.ReasonUnsupportedAlgorithm)},
		"alg none":                {segment(`{"alg":"none"}`) + "." + segment(`{}`) + ".", fail(semconv.ReasonUnsupportedAlgorithm)},
		"no alg":                  {segment(`{"kid":"one"}`) + "." + segment(`{}`) + ".", fail(semconv.ReasonMalformed)},
		"no JWT":                  {"token is expired", fail(semconv.ReasonMalformed)},
		"empty":                   {"", fail(semconv.ReasonMalformed)},
		"base64":                  {"a.b.!", fail(semconv.ReasonMalformed)},
		"two signatures":          {twice(t, p), fail(semconv.ReasonMalformed)},
		"no claims inside":        {sign(t, p.key, jose.ES256, "one", "no JSON"), fail(semconv.ReasonMalformed)},
		"exp a text":              {p.token(claims{"exp": "tomorrow", "iss": "x"}), fail(semconv.ReasonMalformed)},
		"aud a number":            {p.token(claims{"aud": 1}), fail(semconv.ReasonMalformed)},
		"a claim without source":  {p.token(claims{"_claim_names": claims{"group": "src"}}), fail(semconv.ReasonMalformed)},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := p.verifier(oidc.Config{}).Verify(t.Context(), c.token)
			if (err == nil) != (token != nil) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, %v", token, err)
			}
			adaptertest.WantRecorded(t, unmapped, c.want, err)
		})
	}
}

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func twice(t *testing.T, p *provider) string {
	t.Helper()
	key := jose.SigningKey{Algorithm: jose.ES256, Key: p.key}
	signer, err := jose.NewMultiSigner([]jose.SigningKey{key, key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return jws.FullSerialize()
}

// What is configured decides which check a token fails, and a configuration that
// cannot work is nobody's failure.
func TestVerifyAsConfigured(t *testing.T) {
	p := newProvider(t)
	stray := p.token(claims{"iss": "x", "aud": "y", "exp": 1, "nbf": later(time.Hour)})
	keys := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{p.key.Public()}}
	for name, c := range map[string]struct {
		config oidc.Config
		token  string
		want   error
	}{
		"nothing is checked": {oidc.Config{SkipIssuerCheck: true, SkipClientIDCheck: true, SkipExpiryCheck: true}, stray, nil},
		"expiry alone":       {oidc.Config{SkipIssuerCheck: true, SkipClientIDCheck: true}, stray, instrument.Failure(semconv.ReasonExpired)},
		"audience alone":     {oidc.Config{SkipIssuerCheck: true, SkipExpiryCheck: true, ClientID: "api"}, stray, instrument.Failure(semconv.ReasonAudienceMismatch)},
		"a clock":            {oidc.Config{ClientID: "api", Now: func() time.Time { return time.Now().Add(2 * time.Hour) }}, p.token(nil), instrument.Failure(semconv.ReasonExpired)},
		"no client":          {oidc.Config{}, p.token(nil), instrument.Error(semconv.ErrorTypeInternal)},
		"algorithms":         {oidc.Config{ClientID: "api", SupportedSigningAlgs: []string{oidc.RS512}}, p.token(nil), instrument.Failure(semconv.ReasonUnsupportedAlgorithm)},
		"unsigned":           {oidc.Config{ClientID: "api", InsecureSkipSignatureCheck: true}, segment(`{"alg":"none"}`) + "." + segment(`{"iss":"x"}`) + ".", instrument.Failure(semconv.ReasonIssuerMismatch)},
		"unsigned, no JWT":   {oidc.Config{ClientID: "api", InsecureSkipSignatureCheck: true}, "x", instrument.Failure(semconv.ReasonMalformed)},
	} {
		t.Run(name, func(t *testing.T) {
			if c.config.SupportedSigningAlgs == nil {
				c.config.SupportedSigningAlgs = []string{oidc.ES256}
			}
			_, err := authoidc.NewVerifier(p.srv.URL, keys, &c.config).Verify(t.Context(), c.token)
			if (err == nil) != (c.want == nil) {
				t.Fatal(err)
			}
			adaptertest.WantRecorded(t, unmapped, c.want, err)
		})
	}
	_, err := authoidc.NewVerifier(p.srv.URL, keys, &oidc.Config{ClientID: "api"}).Verify(t.Context(), p.token(nil))
	adaptertest.WantRecorded(t, unmapped, instrument.Failure(semconv.ReasonUnsupportedAlgorithm), err) // RS256 is the default
}

func TestVerifyLogout(t *testing.T) {
	p := newProvider(t)
	event := claims{"http://schemas.openid.net/event/backchannel-logout": claims{}}
	logout := func(other claims) string {
		all := claims{"jti": "1", "events": event}
		for k, v := range other {
			all[k] = v
		}
		return p.token(all)
	}
	for name, c := range map[string]struct {
		token  string
		reason semconv.Reason
	}{
		"an ID token":      {p.token(nil), semconv.ReasonMalformed},
		"with a nonce":     {logout(claims{"nonce": "n"}), semconv.ReasonMalformed},
		"without a jti":    {logout(claims{"jti": nil}), semconv.ReasonMalformed},
		"without exp":      {logout(claims{"exp": nil}), semconv.ReasonMalformed},
		"about nobody":     {logout(claims{"sub": nil}), semconv.ReasonMalformed},
		"another issuer":   {logout(claims{"iss": "x"}), semconv.ReasonIssuerMismatch},
		"another audience": {logout(claims{"aud": "web"}), semconv.ReasonAudienceMismatch},
		"expired":          {logout(claims{"exp": 1}), semconv.ReasonExpired},
		"tampered":         {tampered(logout(nil)), semconv.ReasonBadSignature},
		"no JWT":           {"x", semconv.ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := p.verifier(oidc.Config{}).VerifyLogout(t.Context(), c.token)
			if err == nil || token != nil {
				t.Fatalf("%v, %v", token, err)
			}
			adaptertest.WantRecorded(t, unmapped, instrument.Failure(c.reason), err)
		})
	}
	token, err := p.verifier(oidc.Config{}).VerifyLogout(t.Context(), logout(nil))
	if err != nil || token.TokenID != "1" {
		t.Errorf("%v, %v", token, err)
	}
}

// The caller sees what go-oidc returned: its text and, where it has one, its type.
func TestErrorsStayWhatTheyWere(t *testing.T) {
	p := newProvider(t)
	own := p.discover(t.Context()).Verifier(&oidc.Config{ClientID: "api"})
	for _, raw := range []string{"x", p.token(claims{"iss": "x"}), p.token(claims{"aud": "x"}), p.token(claims{"exp": 1}), tampered(p.token(nil))} {
		_, want := own.Verify(t.Context(), raw)
		_, got := p.verifier(oidc.Config{}).Verify(t.Context(), raw)
		if want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("%v, want %v", got, want)
		}
		var a, b *oidc.TokenExpiredError
		if errors.As(want, &a) != errors.As(got, &b) {
			t.Errorf("%T, want %T", got, want)
		}
	}
}

// A refusal asks the provider no more often than go-oidc alone does.
func TestARefusalIsExplainedWithoutTheProvider(t *testing.T) {
	p := newProvider(t)
	v := p.verifier(oidc.Config{})
	for _, raw := range []string{p.token(nil), p.token(claims{"iss": "x"}), p.token(claims{"aud": "x"}), "x"} {
		_, _ = v.Verify(t.Context(), raw)
	}
	if n := p.fetched(); n != 1 {
		t.Errorf("the keys were fetched %d times, want once", n)
	}
}

// keySet is a key set of the program's own.
type keySet func(context.Context, string) ([]byte, error)

func (k keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) { return k(ctx, jwt) }

func TestOtherKeySets(t *testing.T) {
	p := newProvider(t)
	bad := tampered(p.token(nil))
	stopped := newProvider(t)
	stopped.srv.Close()
	says := func(err error) keySet { return func(context.Context, string) ([]byte, error) { return nil, err } }
	for name, c := range map[string]struct {
		keys oidc.KeySet
		want error
	}{
		"static":           {&oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{p.key.Public()}}, instrument.Failure(semconv.ReasonBadSignature)},
		"static, no keys":  {&oidc.StaticKeySet{}, instrument.Failure(semconv.ReasonBadSignature)},
		"static, not keys": {&oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{"key"}}, instrument.Error(semconv.ErrorTypeInternal)},
		"go-oidc's":        {oidc.NewRemoteKeySet(t.Context(), p.srv.URL+"/keys"), instrument.Failure(semconv.ReasonBadSignature)},
		"go-oidc's, gone":  {oidc.NewRemoteKeySet(t.Context(), stopped.srv.URL+"/keys"), instrument.Error(semconv.ErrorTypeConnectionRefused)},
		"go-oidc's, lost":  {oidc.NewRemoteKeySet(t.Context(), p.srv.URL+"/nowhere"), instrument.Error(semconv.ErrorTypeUnavailable)},
		"says so":          {says(instrument.WithReason(jose.ErrCryptoFailure, semconv.ReasonRevoked)), instrument.Failure(semconv.ReasonRevoked)},
		"go-jose's":        {says(jose.ErrJWKSKidNotFound), instrument.Failure(semconv.ReasonUnknownKey)},
		"a time-out":       {says(context.DeadlineExceeded), instrument.Error(semconv.ErrorTypeTimeout)},
	} {
		t.Run(name, func(t *testing.T) {
			v := authoidc.NewVerifier(p.srv.URL, c.keys, &oidc.Config{ClientID: "api", SupportedSigningAlgs: []string{oidc.ES256}})
			_, err := v.Verify(t.Context(), bad)
			adaptertest.WantRecorded(t, unmapped, c.want, err)
		})
	}
	v := authoidc.NewVerifier(p.srv.URL, says(errors.New("audience")), &oidc.Config{ClientID: "api", SupportedSigningAlgs: []string{oidc.ES256}})
	_, err := v.Verify(t.Context(), bad)
	adaptertest.WantRecorded(t, unmapped, adaptertest.Unknown, err)
}

// Whatever a client sends, go-oidc decides and a refusal has a reason of the enum.
func FuzzVerify(f *testing.F) {
	p := newProvider(f)
	good := p.token(nil)
	for _, raw := range []string{good, tampered(good), good + ".", "{}", `{"payload":"","signatures":[]}`, "..", "a.b.c",
		segment(`{"alg":"ES256","crit":["x"]}`) + "..", segment(`{"alg":"ES256","jwk":{"kty":"x"}}`) + ".." + segment("s")} {
		f.Add(raw)
	}
	static := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{p.key.Public()}}
	config := &oidc.Config{ClientID: "api", SupportedSigningAlgs: []string{oidc.ES256}}
	v, own := authoidc.NewVerifier(p.srv.URL, static, config), oidc.NewVerifier(p.srv.URL, static, config)
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := v.Verify(t.Context(), raw)
		_, want := own.Verify(t.Context(), raw)
		if (err == nil) != (want == nil) {
			t.Fatalf("%v, and go-oidc says %v", err, want)
		}
		var says instrument.Reasoner
		if err != nil && (!errors.As(err, &says) || says.AuthReason() == semconv.ReasonOther) {
			t.Errorf("%v has no reason", err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// initialisms are the words whose Go form is not their capitalized form.
var initialisms = map[string]string{
	"api": "API", "dns": "DNS", "hmac": "HMAC", "id": "ID", "jwt": "JWT", "mfa": "MFA",
	"mtls": "MTLS", "oidc": "OIDC", "otlp": "OTLP", "otp": "OTP", "saml": "SAML", "sdk": "SDK",
	"sms": "SMS", "tls": "TLS", "totp": "TOTP", "webauthn": "WebAuthn",
}

// words splits an id of the registry, without the namespace that all share.
func words(id string) []string {
	return strings.FieldsFunc(strings.TrimPrefix(id, "auth."), func(r rune) bool {
		return r == '.' || r == '_'
	})
}

// camel returns the exported Go name of an id: auth.mfa.factor is MFAFactor.
func camel(id string) string {
	var b strings.Builder
	for _, w := range words(id) {
		if s, ok := initialisms[w]; ok {
			b.WriteString(s)
		} else {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// lowerCamel returns the unexported Go name of an exported one: MFAFactor is
// mfaFactor.
func lowerCamel(name string) string {
	for _, s := range initialisms {
		if rest, ok := strings.CutPrefix(name, s); ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z') {
			return strings.ToLower(s) + rest
		}
	}
	return strings.ToLower(name[:1]) + name[1:]
}

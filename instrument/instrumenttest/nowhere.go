// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// minSecret is the shortest secret that can be looked for, in bytes. Anything
	// shorter is found by chance in the names of metrics.
	minSecret = 4
	// longSecret is how much of a long secret is enough to find it by, in bytes: a
	// label may be cut, in an encoding too, and still give it away.
	longSecret = 64
)

// WantNowhere asserts that none of the secrets (passwords, tokens, names of
// users, addresses) is to be found in anything that would be exported: the
// resource, scopes, names, units and descriptions of metrics, the keys and values
// of attributes, exemplars. They are looked for in whatever case, as they are and
// as part of something written in base64, hexadecimal or with URL escapes; of one
// longer than 64 bytes, its first or last 64 are enough. What was hashed or
// encrypted is not found, nor is a secret in the value of a measurement.
//
// A secret that is also a word of the names themselves, such as "password", is
// found there: take made-up ones.
//
// A failure says where a secret is and which one of the arguments it is, but does
// not repeat it. No secret at all, or one shorter than 4 bytes, fails the test.
func (g *Got) WantNowhere(secrets ...string) {
	g.t.Helper()
	if len(secrets) == 0 {
		g.t.Errorf("WantNowhere: no secret to look for")
		return
	}
	rm := g.collect()
	if len(rm.ScopeMetrics) == 0 {
		g.t.Errorf("WantNowhere: nothing was exported in which a secret could be")
	}
	texts := exported(rm)
	for i, secret := range secrets {
		if len(secret) < minSecret {
			g.t.Errorf("WantNowhere: secret %d has %d bytes; one of less than %d is found by chance",
				i+1, len(secret), minSecret)
			continue
		}
		for _, where := range places(texts, secret) {
			g.t.Errorf("WantNowhere: secret %d is exported %s", i+1, where)
		}
	}
}

// places says where the secret is and how it is written there, each place once.
func places(texts []text, secret string) []string {
	forms := formsOf(secret)
	var found []string
	for _, t := range texts {
		form, ok := t.holds(forms)
		if !ok {
			continue
		}
		where := t.where
		if strings.Contains(strings.ToLower(where), strings.ToLower(secret)) {
			where = "a place whose name holds it too"
		}
		found = append(found, form+" in "+where)
	}
	return distinct(found...)
}

const asItIs = "as it is"

// form is a way of writing a secret down.
type form struct {
	name  string // as in "exported in base64 in …"
	text  string
	exact bool // the case matters
}

// formsOf returns what to look for, with the case folded unless it is exact.
func formsOf(secret string) []form {
	pieces := []string{secret}
	if len(secret) > longSecret {
		pieces = []string{secret[:longSecret], secret[len(secret)-longSecret:]}
		if utf8.ValidString(secret) { // half a character has no lower case
			pieces[0], pieces[1] = strings.ToValidUTF8(pieces[0], ""), strings.ToValidUTF8(pieces[1], "")
		}
	}
	var forms []form
	for _, p := range pieces {
		forms = append(forms, form{name: asItIs, text: strings.ToLower(p)})
		// Base64 and hexadecimal of another case are another text.
		for _, cased := range distinct(p, strings.ToLower(p), strings.ToUpper(p)) {
			forms = append(forms, form{name: "in hexadecimal", text: hex.EncodeToString([]byte(cased))})
			for skip := range 3 {
				// A text of six characters is not hit by chance; a shorter one might be.
				inner := insideBase64(cased, skip)
				exact := len(inner) < 6
				if !exact {
					inner = strings.ToLower(inner)
				}
				forms = append(forms, form{name: "in base64", text: inner, exact: exact})
			}
		}
	}
	return forms
}

func distinct(all ...string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// insideBase64 returns the characters that any base64 has which encodes the secret
// after some bytes, of which skip are left when those are taken by threes: the
// ones that hold no bit of anything before or after the secret.
func insideBase64(secret string, skip int) string {
	all := base64.RawStdEncoding.EncodeToString(append(make([]byte, skip), secret...))
	first := (skip*8 + 5) / 6
	last := (skip + len(secret)) * 8 / 6
	return all[first:last]
}

// holds tells whether the text has one of the forms in it, and which.
func (t text) holds(forms []form) (name string, ok bool) {
	for _, s := range t.readings() {
		folded := strings.ToLower(s)
		for _, f := range forms {
			in := folded
			if f.exact {
				in = s
			}
			if !strings.Contains(in, f.text) {
				continue
			}
			if s != t.text && f.name == asItIs {
				return "with URL escapes", true
			}
			return f.name, true
		}
	}
	return "", false
}

// readings returns the text, what its URL escapes stand for, also where they were
// escaped twice, and each with the other alphabet of base64 turned into the usual.
func (t text) readings() []string {
	all := []string{t.text}
	for s := t.text; len(all) < 3; {
		u := unescape(s)
		if u == s {
			break
		}
		all = append(all, u)
		s = u
	}
	for _, s := range all {
		if strings.ContainsAny(s, "-_") {
			all = append(all, strings.NewReplacer("-", "+", "_", "/").Replace(s))
		}
		if strings.Contains(s, "+") {
			all = append(all, strings.ReplaceAll(s, "+", " "))
		}
	}
	return all
}

// unescape undoes every URL escape that is one and leaves the rest as it is:
// package net/url would give up at the first that is cut in half.
func unescape(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

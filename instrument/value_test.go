// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanValue(t *testing.T) {
	for in, want := range map[string]string{
		"api":                            "api",
		"":                               "",
		"a\xffb":                         "a?b",
		strings.Repeat("x", 200):         strings.Repeat("x", 128),
		strings.Repeat("x", 127) + "éé":  strings.Repeat("x", 127),
		strings.Repeat("x", 126) + "éé":  strings.Repeat("x", 126) + "é",
		strings.Repeat("\xff", 300):      "?",
		strings.Repeat("x", 125) + "𝄞 𝄞": strings.Repeat("x", 125),
	} {
		if got := cleanValue(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanValue(f *testing.F) {
	f.Add("api")
	f.Add("a\xff\xfeb")
	f.Add(strings.Repeat("é", 100))
	f.Add(strings.Repeat("𝄞", 40) + "\xf0\x9d")
	f.Fuzz(func(t *testing.T, in string) {
		got := cleanValue(in)
		if !utf8.ValidString(got) || len(got) > maxValueBytes {
			t.Errorf("%q: %q, %d bytes", in, got, len(got))
		}
		if again := cleanValue(got); again != got {
			t.Errorf("%q: %q, then %q", in, got, again)
		}
		if utf8.ValidString(in) && len(in) <= maxValueBytes && got != in {
			t.Errorf("%q was fine and became %q", in, got)
		}
	})
}

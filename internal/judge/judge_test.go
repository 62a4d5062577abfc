// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"testing"
	"time"
)

var start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// attack is an episode of so many events a minute apart.
func attack(id, label, source string, subjects ...string) []Event {
	var out []Event
	for i, s := range subjects {
		out = append(out, Event{at(60 * i), "api", source, s, label, id})
	}
	return out
}

func TestMatching(t *testing.T) {
	events := attack("a", "slow_brute_force", "mallory", "alice", "alice", "alice", "bob", "carol")
	for name, tt := range map[string]struct {
		finding         Finding
		detected, exact int
	}{
		"by its source":                    {Finding{at(120), "brute_force", "api", "mallory", ""}, 1, 1},
		"of the family":                    {Finding{at(120), "password_spray", "api", "mallory", ""}, 1, 0},
		"source and subject":               {Finding{at(120), "account_takeover", "api", "mallory", "bob"}, 1, 0},
		"subject of most":                  {Finding{at(120), "brute_force", "api", "", "alice"}, 1, 1},
		"subject of few":                   {Finding{at(120), "brute_force", "api", "", "bob"}, 0, 0},
		"another subject":                  {Finding{at(120), "brute_force", "api", "mallory", "dave"}, 0, 0},
		"another source":                   {Finding{at(120), "brute_force", "api", "alice", ""}, 0, 0},
		"another service":                  {Finding{at(120), "brute_force", "web", "mallory", ""}, 0, 0},
		"another family":                   {Finding{at(120), "token_replay", "api", "mallory", ""}, 0, 0},
		"of the service":                   {Finding{at(120), "failure_ratio_shift", "api", "", ""}, 0, 0},
		"of a kind, but about the service": {Finding{at(120), "brute_force", "api", "", ""}, 0, 0},
		"too early":                        {Finding{at(-1), "brute_force", "api", "mallory", ""}, 0, 0},
		"a quarter of an hour later":       {Finding{at(240 + 900), "brute_force", "api", "mallory", ""}, 1, 1},
		"too late":                         {Finding{at(240 + 901), "brute_force", "api", "mallory", ""}, 0, 0},
	} {
		s := Judge(events, []Finding{tt.finding})
		if s.Episodes != 1 || s.Detected != tt.detected || s.Exact != tt.exact || s.Matching != tt.detected || s.False != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestTimeToDetectAndNoise(t *testing.T) {
	events := attack("a", "brute_force", "mallory", "x", "x", "x", "x", "x", "x")
	s := Judge(events, []Finding{
		{at(130), "user_enumeration", "api", "mallory", ""},
		{at(240), "brute_force", "api", "mallory", ""},
	})
	if !slices.Equal(s.Events, []int{3}) || !slices.Equal(s.Seconds, []float64{130}) || s.Noise() != 2 || s.ExactKind() != 1 || s.Recall() != 1 {
		t.Errorf("%+v", s)
	}
	if s := Judge(events, nil); s.Recall() != 0 || !slices.Equal(s.Missed, []string{"a"}) {
		t.Errorf("nothing found: %+v", s)
	}
	if s := Judge(nil, nil); s.Recall() != 1 || Quantile(s.Events, 0.5) != 0 {
		t.Errorf("nothing to find: %+v", s)
	}
}

func TestFalse(t *testing.T) {
	f := []Finding{{at(3600), "brute_force", "api", "home", ""}}
	for name, tt := range map[string]struct {
		events []Event
		want   int
	}{
		"a benign event":               {[]Event{{at(10), "api", "home", "x", "benign", ""}}, 1},
		"and a hostile one":            {[]Event{{at(10), "api", "home", "x", "benign", ""}, {at(20), "api", "home", "x", "brute_force", ""}}, 0},
		"a probe":                      {[]Event{{at(10), "api", "home", "x", "benign", ""}, {at(20), "api", "home", "x", "probe", ""}}, 0},
		"nobody knows":                 {[]Event{{at(10), "api", "home", "x", "", ""}}, 0},
		"another source":               {[]Event{{at(10), "api", "work", "x", "benign", ""}}, 0},
		"more than an hour before":     {[]Event{{at(-10), "api", "home", "x", "benign", ""}}, 0},
		"after it":                     {[]Event{{at(3601), "api", "home", "x", "benign", ""}}, 0},
		"another service":              {[]Event{{at(10), "web", "home", "x", "benign", ""}}, 0},
		"hostile, but of another hour": {[]Event{{at(-10), "api", "home", "x", "brute_force", ""}, {at(10), "api", "home", "x", "benign", ""}}, 1},
	} {
		if s := Judge(tt.events, f); s.False != tt.want {
			t.Errorf("%s: %d false, want %d", name, s.False, tt.want)
		}
	}
}

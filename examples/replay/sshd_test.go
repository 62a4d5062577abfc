// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func newSSHD() *sshd {
	return &sshd{calendar{year: 2016}, connections{service: "sshd"}}
}

// brief writes what matters of an event in one word or two.
func brief(e event) string {
	if e.success {
		return fmt.Sprintf("%d %v success", e.count, e.method)
	}
	return fmt.Sprintf("%d %v %v", e.count, e.method, e.reason)
}

// Each case is one connection unless the lines say otherwise with "@PID TEXT". What it should count is what a careful
// reader of the log would: one for each credential that was tried.
func TestSSHDConnections(t *testing.T) {
	const pam = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 "
	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{
			"an invalid user is one attempt, whatever it leaves in the log",
			[]string{
				"Invalid user bob from 192.0.2.1 port 22",
				"input_userauth_request: invalid user bob [preauth]",
				"pam_unix(sshd:auth): check pass; user unknown",
				pam,
				"Failed password for invalid user bob from 192.0.2.1 port 22 ssh2",
				"Connection closed by invalid user bob 192.0.2.1 port 22 [preauth]",
			},
			[]string{"1 password unknown_principal"},
		},
		{
			"an invalid user's methods are asked for before the password",
			[]string{
				"Invalid user bob from 192.0.2.1 port 22",
				"Failed none for invalid user bob from 192.0.2.1 port 22 ssh2",
				"Failed password for invalid user bob from 192.0.2.1 port 22 ssh2",
			},
			[]string{"1 password unknown_principal"},
		},
		{
			"an invalid user who tries nothing",
			[]string{"Invalid user bob from 192.0.2.1 port 22", "Connection closed by invalid user bob 192.0.2.1 port 22 [preauth]"},
			[]string{"1 _OTHER unknown_principal"},
		},
		{
			"six passwords, told in five ways",
			[]string{
				pam + " user=root",
				"Failed password for root from 192.0.2.1 port 22 ssh2",
				"message repeated 5 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
				"error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]",
				"Disconnecting authenticating user root 192.0.2.1 port 22: Too many authentication failures [preauth]",
				"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
			},
			[]string{"1 password invalid_credentials", "5 password invalid_credentials"},
		},
		{
			"a log with PAM's lines alone",
			[]string{pam + " user=root", "2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root"},
			[]string{"3 password invalid_credentials"},
		},
		{
			"a log with PAM's lines alone, of a user who is not there",
			[]string{"pam_unix(sshd:auth): check pass; user unknown", pam},
			[]string{"1 password unknown_principal"},
		},
		{
			"refused by pam_unix and let in by the next module",
			[]string{pam + " user=alice", "Accepted password for alice from 192.0.2.1 port 22 ssh2"},
			[]string{"1 password success"},
		},
		{
			"a wrong password, then the right one",
			[]string{
				pam + " user=alice",
				"Failed password for alice from 192.0.2.1 port 22 ssh2",
				"Accepted password for alice from 192.0.2.1 port 22 ssh2",
			},
			[]string{"1 password invalid_credentials", "1 password success"},
		},
		{
			"keyboard-interactive, with a verdict only for the last",
			[]string{
				"error: PAM: Authentication failure for root from 192.0.2.1",
				"error: PAM: Authentication failure for root from 192.0.2.1",
				"error: PAM: Authentication failure for root from 192.0.2.1",
				"Failed keyboard-interactive/pam for root from 192.0.2.1 port 22 ssh2",
			},
			[]string{"1 otp invalid_credentials", "2 otp invalid_credentials"},
		},
		{
			"keyboard-interactive, refused twice with a verdict for one, then let in",
			[]string{
				pam + " user=root",
				"error: PAM: Authentication failure for root from 192.0.2.1",
				pam + " user=root",
				"error: PAM: Authentication failure for root from 192.0.2.1",
				"Failed keyboard-interactive/pam for root from 192.0.2.1 port 22 ssh2",
				"Accepted keyboard-interactive/pam for root from 192.0.2.1 port 22 ssh2",
			},
			[]string{"1 otp invalid_credentials", "1 otp success", "1 otp invalid_credentials"},
		},
		{
			"a refused key does not hide what PAM saw",
			[]string{
				"Failed publickey for root from 192.0.2.1 port 22 ssh2: RSA SHA256:abc",
				"error: PAM: Authentication failure for root from 192.0.2.1",
			},
			[]string{"1 _OTHER invalid_credentials", "1 otp invalid_credentials"},
		},
		{
			"a user who leaves before any verdict",
			[]string{"Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]"},
			[]string{"1 _OTHER _OTHER"},
		},
		{
			"keys refused without a line each",
			[]string{"error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]"},
			[]string{"1 _OTHER invalid_credentials"},
		},
		{
			"a scan names nobody",
			[]string{"Did not receive identification string from 192.0.2.1", "Connection closed by 192.0.2.1 port 22 [preauth]"},
			nil,
		},
		{
			"two connections do not answer for each other",
			[]string{
				"@1 Invalid user bob from 192.0.2.1 port 22",
				"@2 Invalid user eve from 192.0.2.1 port 23",
				"@2 Failed password for invalid user eve from 192.0.2.1 port 23 ssh2",
			},
			[]string{"1 password unknown_principal", "1 _OTHER unknown_principal"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newSSHD()
			var got []string
			emit := func(e event) { got = append(got, brief(e)) }
			for _, text := range tt.lines {
				pid := "7"
				if rest, ok := strings.CutPrefix(text, "@"); ok {
					pid, text, _ = strings.Cut(rest, " ")
				}
				if err := d.decode("Dec 10 06:55:48 host sshd["+pid+"]: "+text, emit); err != nil && !errors.Is(err, skipped) {
					t.Fatalf("%s: %v", text, err)
				}
			}
			d.flush(emit)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A connection is settled once it has been silent for the time of grace, at the time of its last line.
func TestSSHDSettles(t *testing.T) {
	d := newSSHD()
	var got []event
	emit := func(e event) { got = append(got, e) }
	for _, line := range []string{
		"Dec 10 06:00:00 host sshd[1]: Invalid user bob from 192.0.2.1 port 22",
		"Dec 10 06:00:01 host sshd[2]: Invalid user eve from 192.0.2.1 port 22",
		"Dec 10 06:01:59 host sshd[2]: Connection closed by invalid user eve 192.0.2.1 port 22 [preauth]",
		"Dec 10 06:02:01 host CRON[3]: pam_unix(cron:session): session opened for user root",
	} {
		_ = d.decode(line, emit)
	}
	want := time.Date(2016, 12, 10, 6, 0, 0, 0, time.UTC)
	if len(got) != 1 || got[0].subject != "bob" || !got[0].time.Equal(want) || got[0].service != "sshd" {
		t.Errorf("after the time of grace: %+v", got)
	}
	d.flush(emit)
	if len(got) != 2 || got[1].subject != "eve" {
		t.Errorf("at the end: %+v", got)
	}
}

// A process id that comes back after the time of grace is another connection.
func TestSSHDProcessIDReused(t *testing.T) {
	events, _ := decodeAll(newSSHD(),
		"Dec 10 06:00:00 host sshd[9]: Server listening on 0.0.0.0 port 22.",
		"Dec 10 06:00:01 host sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2",
		"Dec 10 06:02:00 host sshd[9]: Received signal 15; terminating.",
		"Dec 10 06:02:02 host sshd[1]: Connection closed by invalid user bob 192.0.2.2 port 22 [preauth]")
	if len(events) != 2 || events[0].subject != "root" || events[1].subject != "bob" {
		t.Errorf("got %+v", events)
	}
}

// A flood of connections is bounded; those settled early still count.
func TestSSHDBounded(t *testing.T) {
	d := newSSHD()
	events := 0
	emit := func(event) { events++ }
	for pid := range maxConnections + 10 {
		line := fmt.Sprintf("Dec 10 06:00:00 host sshd[%d]: Invalid user bob from 192.0.2.1 port 22", pid)
		if err := d.decode(line, emit); err != nil {
			t.Fatal(err)
		}
		if len(d.open) > maxConnections {
			t.Fatalf("%d connections are followed", len(d.open))
		}
	}
	d.flush(emit)
	if events != maxConnections+10 {
		t.Errorf("%d events of %d connections", events, maxConnections+10)
	}
}

func TestSSHDLines(t *testing.T) {
	const text = "Failed password for root from 192.0.2.1 port 22 ssh2"
	for line, want := range map[string]error{
		"Dec 10 06:55:48 host sshd[1]: " + text:                                                nil,
		"2024-05-06T07:08:09.5+02:00 host sshd[1]: " + text:                                    nil,
		"Dec 10 06:55:48 host sshd-session[1]: " + text:                                        nil,
		"Dec 10 06:55:48 host sshd[1]: message repeated 2 times: [ " + text + "]":              nil,
		"Dec 10 06:55:48 host sshd[1]: message repeated 999999 times: [ " + text + "]":         badRepetition,
		"Dec 10 06:55:48 host sshd[1]: message repeated 99999999999999999999 times: [ " + text: skipped,
		"Dec 10 06:55:48 host sshd[1]: Server listening on :: port 22.":                        skipped,
		"Dec 10 06:55:48 host sshd[x]: " + text:                                                skipped,
		"Dec 10 06:55:48 host notsshd[1]: " + text:                                             skipped,
		"Dec 10 06:55:48 host CRON[1]: pam_unix(cron:session): session closed for user root":   skipped,
		"Dec 10 06:55:48 host sudo: alice : command not allowed ; COMMAND=sshd[1]: " + text:    skipped,
		"Dec 10 06:55:48 host last message repeated 2 times":                                   skipped,
		"Dec 10 06:55:48 host":                                            skipped,
		"Failed password for root from 192.0.2.1 port 22 ssh2":            noStamp,
		"Sometime 06:55:48 host sshd[1]: " + text:                         noStamp,
		"sshd[1]: " + text:                                                noStamp,
		`{"ts":"2025-10-03T14:09:32Z","service":"a","outcome":"success"}`: noStamp,
	} {
		if _, err := decodeAll(newSSHD(), line); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
}

func FuzzSSHD(f *testing.F) {
	const stamp = "Dec 10 06:55:48 host sshd[1]: "
	for _, text := range []string{
		"Accepted publickey for alice from 2001:db8::1 port 22 ssh2: ED25519 SHA256:abc",
		"Failed password for invalid user from 198.51.100.1 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
		"message repeated 5 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
		"Invalid user bob from 192.0.2.1 port 22",
		"Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]",
		"Disconnecting invalid user bob 192.0.2.1 port 22: Too many authentication failures [preauth]",
		"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
		"error: PAM: Authentication failure for illegal user bob from 192.0.2.1",
	} {
		f.Add(stamp+text, stamp+text)
		f.Add("2024-05-06T07:08:09.5+02:00 host sshd-session[1]: "+text, "Feb 29 00:00:00 host sshd(pam_unix)[1]: "+text)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		events, err := decodeAll(newSSHD(), first, second)
		checkDecoded(t, events, err)
		for _, e := range events {
			if e.count > 2*maxRepeat {
				t.Errorf("two lines gave %d attempts", e.count)
			}
		}
	})
}

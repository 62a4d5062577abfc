// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

func TestParseMessage(t *testing.T) {
	const pw, otp = semconv.MethodPassword, semconv.MethodOTP
	tests := []struct {
		text string
		want message
	}{
		{"Accepted password for alice from 192.0.2.1 port 22 ssh2", message{kind: accepted, method: pw, user: "alice", addr: "192.0.2.1"}},
		{"Accepted publickey for alice from 2001:db8::1 port 22 ssh2: ED25519 SHA256:abc/+", message{kind: accepted, user: "alice", addr: "2001:db8::1"}},
		{"Accepted publickey for git from fe80::1%eth0 port 22 ssh2", message{kind: accepted, user: "git", addr: "fe80::1%eth0"}},
		{"Accepted keyboard-interactive/pam for alice from host.example.com port 22 ssh2", message{kind: accepted, method: otp, user: "alice", addr: "host.example.com"}},
		{"Accepted gssapi-with-mic for alice from 192.0.2.1 port 22 ssh2", message{kind: accepted, method: semconv.MethodKerberos, user: "alice", addr: "192.0.2.1"}},
		{"Failed password for root from 192.0.2.1 port 22 ssh2", message{kind: failed, method: pw, user: "root", addr: "192.0.2.1"}},
		{"Failed password for invalid user bob from 192.0.2.1 port 22 ssh2", message{kind: failed, method: pw, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"Failed password for illegal user bob from 192.0.2.1 port 22 ssh2", message{kind: failed, method: pw, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"Failed password for invalid user  from 192.0.2.1 port 22 ssh2", message{kind: failed, method: pw, unknown: true, addr: "192.0.2.1"}},
		{"Failed password for invalid user bob and alice from 192.0.2.1 port 22 ssh2", message{kind: failed, method: pw, unknown: true, user: "bob and alice", addr: "192.0.2.1"}},
		{"Failed keyboard-interactive/pam for root from 192.0.2.1 port 22 ssh2", message{kind: failed, method: otp, user: "root", addr: "192.0.2.1"}},
		{"Failed publickey for root from 192.0.2.1 port 22 ssh2: RSA SHA256:abc", message{kind: failed, user: "root", addr: "192.0.2.1"}},
		{"Failed none for invalid user bob from 192.0.2.1 port 22 ssh2", message{kind: named, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"Failed password for root from 192.0.2.1 port 22 ssh1", message{kind: failed, method: pw, user: "root", addr: "192.0.2.1"}},

		// What a hostile user name says is not where the connection comes from, nor what came of it.
		{
			"Failed password for invalid user from 198.51.100.1 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
			message{kind: failed, method: pw, unknown: true, user: "from 198.51.100.1 port 1 ssh2", addr: "192.0.2.1"},
		},
		{
			"Failed password for invalid user x from 198.51.100.1 port 1 ssh2: y from 192.0.2.1 port 22 ssh2",
			message{kind: failed, method: pw, unknown: true, user: "x from 198.51.100.1 port 1 ssh2: y", addr: "192.0.2.1"},
		},
		{
			"Failed password for invalid user x from from 192.0.2.1 port 22 ssh2",
			message{kind: failed, method: pw, unknown: true, user: "x from", addr: "192.0.2.1"},
		},
		{
			"Failed password for invalid user Accepted password for root from 198.51.100.1 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
			message{kind: failed, method: pw, unknown: true, user: "Accepted password for root from 198.51.100.1 port 1 ssh2", addr: "192.0.2.1"},
		},
		{
			"Invalid user x from 198.51.100.1 port 1 from 192.0.2.1 port 22",
			message{kind: named, unknown: true, user: "x from 198.51.100.1 port 1", addr: "192.0.2.1"},
		},
		{
			"Connection closed by invalid user authenticating user root 198.51.100.1 port 1 192.0.2.1 port 22 [preauth]",
			message{kind: named, unknown: true, user: "authenticating user root 198.51.100.1 port 1", addr: "192.0.2.1"},
		},

		{"Invalid user bob from 192.0.2.1", message{kind: named, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"Invalid user bob from 192.0.2.1 port 22", message{kind: named, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"Invalid user  from 192.0.2.1 port 22", message{kind: named, unknown: true, addr: "192.0.2.1"}},
		{"Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]", message{kind: named, user: "root", addr: "192.0.2.1"}},
		{"Connection reset by invalid user bob 2001:db8::1 port 22 [preauth]", message{kind: named, unknown: true, user: "bob", addr: "2001:db8::1"}},
		{"Disconnected from authenticating user root 192.0.2.1 port 22 [preauth]", message{kind: named, user: "root", addr: "192.0.2.1"}},
		{"Disconnecting authenticating user root 192.0.2.1 port 22: Too many authentication failures [preauth]", message{kind: named, user: "root", addr: "192.0.2.1"}},
		{"error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]", message{kind: cutOff, user: "root", addr: "192.0.2.1"}},
		{"error: maximum authentication attempts exceeded for invalid user bob from 192.0.2.1 port 22 ssh2 [preauth]", message{kind: cutOff, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"error: PAM: Authentication failure for root from host.example.com", message{kind: kbdFailed, user: "root", addr: "host.example.com"}},
		{"error: PAM: Authentication failure for illegal user bob from 192.0.2.1", message{kind: kbdFailed, unknown: true, user: "bob", addr: "192.0.2.1"}},
		{"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", message{kind: pamFailed, more: 1, user: "root", addr: "192.0.2.1"}},
		{"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 ", message{kind: pamFailed, more: 1, unknown: true, addr: "192.0.2.1"}},
		{"authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.1", message{kind: pamFailed, more: 1, unknown: true, addr: "192.0.2.1"}},
		{"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", message{kind: pamFailed, more: 5, user: "root", addr: "192.0.2.1"}},
		{"PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", message{kind: pamFailed, more: 1, user: "root", addr: "192.0.2.1"}},

		{"Connection closed by 192.0.2.1 [preauth]", message{}},
		{"Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]", message{}},
		{"Disconnected from user alice 192.0.2.1 port 22", message{}},
		{"Disconnecting: Too many authentication failures for root [preauth]", message{}},
		{"pam_unix(sshd:auth): check pass; user unknown", message{}},
		{"pam_unix(sshd:session): session opened for user alice by (uid=0)", message{}},
		{"input_userauth_request: invalid user bob [preauth]", message{}},
		{"Postponed publickey for alice from 192.0.2.1 port 22 ssh2 [preauth]", message{}},
		{"Failed to release session: Interrupted system call", message{}},
		{"Failed password for root from 192.0.2.1 port 22", message{}},
		{"Disconnecting ", message{}},
		{"", message{}},
	}
	for _, tt := range tests {
		if got := parseMessage(tt.text); got != tt.want {
			t.Errorf("%s\n got  %+v\n want %+v", tt.text, got, tt.want)
		}
	}
}

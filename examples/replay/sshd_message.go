// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/datapunk/otelauth/semconv"
)

// message is what one line of sshd says about a connection's attempts.
type message struct {
	kind    messageKind
	method  semconv.Method // of accepted and failed
	unknown bool           // the user does not exist here
	user    string
	addr    string
	more    int // of pamFailed: how many
}

type messageKind uint8

const (
	nothing   messageKind = iota // nothing about an attempt
	accepted                     // sshd's own verdict
	failed                       // sshd's own verdict
	named                        // a user was named, without a verdict
	cutOff                       // too many refusals on one connection
	pamFailed                    // what pam_unix saw
	kbdFailed                    // what sshd saw of PAM in keyboard-interactive
)

// parseMessage reads the text after "sshd[pid]: ".
//
// User names come from the network and may hold anything, such as "from 1.2.3.4 port 1 ssh2": they stand before the
// address that sshd wrote itself, therefore every form is read from its right end.
func parseMessage(s string) message {
	s = strings.TrimSuffix(s, " [preauth]")
	s = strings.TrimPrefix(s, "pam_unix(sshd:auth): ")
	for _, f := range forms {
		if rest, ok := strings.CutPrefix(s, f.prefix); ok {
			return f.parse(rest)
		}
	}
	return parsePAMCount(s)
}

var forms = []struct {
	prefix string
	parse  func(rest string) message
}{
	{"Accepted ", func(s string) message { return parseVerdict(accepted, s) }},
	{"Failed ", func(s string) message { return parseVerdict(failed, s) }},
	{"Invalid user ", parseInvalid},
	{"Illegal user ", parseInvalid}, // before OpenSSH 4
	{"Connection closed by ", parseGone},
	{"Connection reset by ", parseGone},
	{"Disconnected from ", parseGone},
	{"Disconnecting ", func(s string) message { return parseGone(s[:max(0, strings.LastIndex(s, ": "))]) }},
	{"error: maximum authentication attempts exceeded for ", func(s string) message { return parseFrom(cutOff, s, isEndpoint) }},
	{"error: PAM: Authentication failure for ", func(s string) message { return parseFrom(kbdFailed, s, isAddr) }},
	{"authentication failure; ", func(s string) message { return parsePAM(s, 1) }},
}

// methods maps sshd's methods, without what follows a slash. A key pair of SSH has no method of its own in the enum;
// keyboard-interactive is where one-time codes are asked for.
var methods = map[string]semconv.Method{
	"password":             semconv.MethodPassword,
	"keyboard-interactive": semconv.MethodOTP,
	"gssapi-with-mic":      semconv.MethodKerberos,
	"gssapi-keyex":         semconv.MethodKerberos,
	"gssapi":               semconv.MethodKerberos,
}

// parseVerdict reads "METHOD for [invalid user ]USER from ADDR port N ssh2[: KEY]".
func parseVerdict(kind messageKind, s string) message {
	method, rest, ok := strings.Cut(s, " for ")
	if !ok {
		return message{}
	}
	m := parseFrom(kind, rest, isEndpoint)
	switch {
	case m.kind == nothing:
		return m
	case m.kind == failed && method == "none":
		m.kind = named // how a client asks which methods there are, not a credential
	}
	method, _, _ = strings.Cut(method, "/")
	m.method = methods[method]
	return m
}

// parseInvalid reads "USER from ADDR[ port N]".
func parseInvalid(s string) message {
	m := parseFrom(named, s, func(s string) bool {
		addr, port, ok := strings.Cut(s, " port ")
		return isAddr(addr) && (!ok || isNumber(port))
	})
	m.unknown = true
	return m
}

// parseFrom splits "[invalid user ]USER from TAIL" at the rightmost " from " that a well-formed tail follows.
func parseFrom(kind messageKind, s string, tail func(string) bool) message {
	const from = " from "
	for end := len(s); ; {
		i := strings.LastIndex(s[:end], from)
		if i < 0 {
			return message{}
		}
		if rest := s[i+len(from):]; tail(rest) {
			m := message{kind: kind}
			m.user, m.unknown = cutInvalid(s[:i])
			m.addr, _, _ = strings.Cut(rest, " ")
			return m
		}
		end = i + len(from) - 1 // two may share a space
	}
}

// parseGone reads "authenticating user USER ADDR port N" and "invalid user USER ADDR port N". A connection that closes
// without a user's name was a scan, as far as anybody can tell, and no attempt.
func parseGone(s string) message {
	rest, unknown := strings.CutPrefix(s, "invalid user ")
	if !unknown {
		var ok bool
		if rest, ok = strings.CutPrefix(s, "authenticating user "); !ok {
			return message{}
		}
	}
	port := strings.LastIndex(rest, " port ")
	if port < 0 {
		return message{}
	}
	user := strings.LastIndex(rest[:port], " ")
	if user < 0 {
		return message{}
	}
	return message{kind: named, unknown: unknown, user: rest[:user], addr: rest[user+1 : port]}
}

// parsePAMCount reads "[PAM ]N more authentication failures; …".
func parsePAMCount(s string) message {
	n, rest, ok := cutNumber(strings.TrimPrefix(s, "PAM "))
	if !ok {
		return message{}
	}
	for _, form := range []string{" more authentication failures; ", " more authentication failure; "} {
		if fields, ok := strings.CutPrefix(rest, form); ok {
			return parsePAM(fields, n)
		}
	}
	return message{}
}

// parsePAM reads "logname= uid=0 euid=0 tty=ssh ruser= rhost=ADDR  user=USER". PAM names only users that exist.
func parsePAM(s string, n int) message {
	m := message{kind: pamFailed, more: n, unknown: true}
	if i := strings.Index(s, " rhost="); i >= 0 {
		m.addr, s, _ = strings.Cut(s[i+len(" rhost="):], " ")
	}
	if i := strings.LastIndex(s, " user="); i >= 0 {
		m.user, m.unknown = s[i+len(" user="):], false
	} else if user, ok := strings.CutPrefix(s, "user="); ok {
		m.user, m.unknown = user, false
	}
	return m
}

func cutInvalid(s string) (user string, unknown bool) {
	for _, prefix := range []string{"invalid user ", "illegal user "} {
		if user, ok := strings.CutPrefix(s, prefix); ok {
			return user, true
		}
	}
	return s, false
}

// isEndpoint tells whether s is "ADDR port N ssh2" and nothing more than a key.
func isEndpoint(s string) bool {
	addr, rest, ok := strings.Cut(s, " port ")
	if !ok || !isAddr(addr) {
		return false
	}
	_, rest, ok = cutNumber(rest)
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(rest, " ssh")
	if !ok {
		return false
	}
	_, rest, ok = cutNumber(rest)
	return ok && (rest == "" || strings.HasPrefix(rest, ": "))
}

// isAddr accepts an IPv4 or IPv6 address and, with UseDNS, a host name.
func isAddr(s string) bool { return s != "" && len(s) <= 255 && !strings.Contains(s, " ") }

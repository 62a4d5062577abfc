// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

const (
	maxRepeat = 10_000 // "message repeated N times"; above it the line is taken for damaged
	maxName   = 256    // bytes of a host, user or address that are kept
)

// sshd decodes OpenSSH's lines of a syslog file (auth.log, secure), written by classic syslog, by rsyslog with RFC 3339
// stamps or by journalctl. Lines of other programs are skipped.
type sshd struct {
	calendar
	connections
}

func (d *sshd) decode(line string, emit func(event)) error {
	at, rest, ok := d.cut(line)
	if !ok {
		return noStamp
	}
	d.expire(at, emit)
	host, rest, _ := strings.Cut(rest, " ")
	tag, text, _ := strings.Cut(rest, ": ")
	pid, ok := sshdPID(tag)
	if !ok {
		return skipped
	}
	text, n, err := unrepeat(text)
	if err != nil {
		return err
	}
	m := parseMessage(text)
	if m.kind == nothing {
		return skipped
	}
	d.see(connection{host: clip(host), pid: clip(pid)}, at, m, n, emit)
	return nil
}

// sshdPID takes the process id from sshd's tag: "sshd[1]", since OpenSSH 9.8 "sshd-session[1]", and on old systems
// "sshd(pam_unix)[1]".
func sshdPID(tag string) (pid string, ok bool) {
	name, rest, ok := strings.Cut(tag, "[")
	pid, closed := strings.CutSuffix(rest, "]")
	if !ok || !closed || !isNumber(pid) {
		return "", false
	}
	switch name {
	case "sshd", "sshd-session", "sshd-auth", "sshd(pam_unix)":
		return pid, true
	}
	return "", false
}

// unrepeat opens rsyslog's "message repeated N times: [ TEXT]".
func unrepeat(text string) (string, int, error) {
	rest, ok := strings.CutPrefix(text, "message repeated ")
	if !ok {
		return text, 1, nil
	}
	n, rest, ok := cutNumber(rest)
	rest, ok2 := strings.CutPrefix(rest, " times: [ ")
	rest, ok3 := strings.CutSuffix(rest, "]")
	switch {
	case !ok || !ok2 || !ok3:
		return text, 1, nil
	case n > maxRepeat:
		return "", 0, badRepetition
	}
	return rest, n, nil
}

// cutNumber takes the decimal number that s begins with. One of more than nine digits is none.
func cutNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i == 9 {
			return 0, s, false
		}
		n = 10*n + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

func isNumber(s string) bool {
	_, rest, ok := cutNumber(s)
	return ok && rest == ""
}

// clip copies a name out of its line, so that no line is kept in memory for the sake of a name.
func clip(s string) string { return strings.Clone(s[:min(len(s), maxName)]) }

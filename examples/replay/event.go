// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// event is one thing that a log says about authentication, already in the closed words of semconv.
//
// Subject, source and session are for the detector alone: they are never recorded, and never printed unless -plain
// asks for them beside a finding.
type event struct {
	time    time.Time // the log's own clock
	service string
	subject string
	source  string
	session string

	operation operation
	method    semconv.Method    // of a login
	token     semconv.TokenType // of a token operation or check
	tokenOp   semconv.TokenOperation
	factor    semconv.MFAFactor // of a second factor

	success bool
	reason  semconv.Reason // of a failure

	duration    time.Duration
	hasDuration bool // most logs do not say how long it took

	count int // how often it happened: more than 1 only for "message repeated N times"
}

// operation decides which instrument of the recorder an event goes to.
type operation uint8

const (
	opLogin      operation = iota // auth.authentication.attempts
	opTokenCheck                  // auth.token.verifications
	opRefresh                     // auth.token.operations and, for its reason, auth.token.verifications
	opToken                       // auth.token.operations
	opMFA                         // auth.mfa.attempts
	opLogout                      // auth.session.operations
	opChallenge                   // auth.mfa.challenges
	opRateLimit                   // auth.rate_limit.checks
)

// unreadable says why a line could not be understood. These are fixed words: what the line held is never repeated,
// for a log of authentication may hold a password typed where the user name belongs.
type unreadable string

func (u unreadable) Error() string { return string(u) }

const (
	tooLong       unreadable = "longer than 1 MiB"
	notJSON       unreadable = "not a JSON object of the expected types"
	badTime       unreadable = "ts is not an RFC 3339 time"
	noService     unreadable = "no service"
	badOutcome    unreadable = "outcome is neither success nor failure"
	noStamp       unreadable = "no time stamp at its start"
	badRepetition unreadable = "repeated too often to be true"
)

// skipped marks a line that is well formed and says nothing about an attempt: another program's, for instance.
const skipped unreadable = "skipped"

// decoder turns the lines of one file into events. Most give one event or none at once; some only later,
// when it is clear that no better line follows.
type decoder interface {
	// decode reads one line without its end. It returns skipped, or another unreadable, or nil.
	decode(line string, emit func(event)) error
	// flush emits what was held back; it is called at the end of the file.
	flush(emit func(event))
}

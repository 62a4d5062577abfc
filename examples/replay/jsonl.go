// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// jsonLine is one event as a JSON object. Keys that are not here are ignored.
type jsonLine struct {
	Time      string   `json:"ts"`
	Service   string   `json:"service"`
	Operation string   `json:"operation"`
	Source    *string  `json:"src"`
	Subject   *string  `json:"subject"`
	Outcome   string   `json:"outcome"`
	Reason    *string  `json:"reason"`
	Duration  *float64 `json:"duration_ms"`

	Method    string `json:"method"`
	TokenType string `json:"token_type"`
	Factor    string `json:"factor"`

	Session *string `json:"session"`
}

// jsonl decodes JSON lines. It keeps nothing between them.
type jsonl struct{}

func (jsonl) flush(func(event)) {}

func (jsonl) decode(line string, emit func(event)) error {
	var in jsonLine
	if err := json.Unmarshal([]byte(line), &in); err != nil {
		return notJSON // the error itself may quote the line
	}
	at, err := time.Parse(time.RFC3339, in.Time)
	switch {
	case err != nil:
		return badTime
	case in.Service == "":
		return noService
	case in.Outcome != "success" && in.Outcome != "failure":
		return badOutcome
	}
	e := event{
		time:    at,
		service: in.Service,
		subject: deref(in.Subject),
		source:  deref(in.Source),
		session: deref(in.Session),
		success: in.Outcome == "success",
		count:   1,
	}
	if !e.success {
		e.reason = reasonOf(deref(in.Reason))
	}
	e.duration, e.hasDuration = milliseconds(in.Duration)
	in.classify(&e)
	emit(e)
	return nil
}

// classify says which instrument the event goes to. An operation that is not known is an authentication by a
// method that is not known: an attempt is better counted there than not at all.
func (in *jsonLine) classify(e *event) {
	e.method = semconv.ParseMethod(in.Method)
	e.token = semconv.ParseTokenType(in.TokenType)
	e.factor = semconv.ParseMFAFactor(in.Factor)
	switch op := strings.ToLower(in.Operation); op {
	case "login", "":
		if e.method == semconv.MethodOther {
			e.method = semconv.MethodPassword
		}
	case "token", "verify":
		e.operation = opTokenCheck
		if in.TokenType == "" {
			e.token = semconv.TokenTypeAccess
		}
	case "refresh":
		e.operation, e.tokenOp = opRefresh, semconv.TokenOperationRefresh
		if in.TokenType == "" {
			e.token = semconv.TokenTypeRefresh
		}
	case "issue", "revoke", "introspect", "exchange":
		e.operation, e.tokenOp = opToken, semconv.ParseTokenOperation(op)
		if in.TokenType == "" {
			e.token = semconv.TokenTypeAccess
		}
	case "mfa":
		e.operation = opMFA
	case "challenge":
		e.operation = opChallenge
	case "rate_limit":
		e.operation = opRateLimit
	case "logout":
		e.operation = opLogout
	}
}

// milliseconds turns duration_ms into a duration. One that is negative or absurd is as good as none: the attempt
// still counts.
func milliseconds(ms *float64) (time.Duration, bool) {
	if ms == nil || *ms < 0 || *ms > math.MaxInt64/float64(2*time.Millisecond) {
		return 0, false
	}
	return time.Duration(*ms * float64(time.Millisecond)), true
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"onhook/outcome"
)

// A want is what the parties of a scene make happen: with the table's entry it
// gives the record that is expected.
type want struct {
	by       string // who ends the call; "": the only one that the entry names
	code     int    // the final code that was received and decided; 0: none
	answered bool   // a party was
}

// An Outcome is what a record says, in the fields that are compared.
type Outcome struct {
	Reason string `json:"reason"`
	Status string `json:"status"`
	Code   int    `json:"code,omitempty"`
	By     string `json:"ended_by"`
}

// String is an outcome for people.
func (o Outcome) String() string {
	code := "N/A"
	if o.Code != 0 {
		code = strconv.Itoa(o.Code)
	}
	if o.Status == "" {
		return code
	}
	return o.Status + " " + code + " " + o.By
}

// expected works out from the table what the record must say (rules, section 1:
// last_response_code, status).
func (w want) expected(e outcome.Entry) (Outcome, error) {
	o := Outcome{Reason: e.Name, Status: e.StatusUnanswered, By: w.by}
	if w.answered {
		o.Status = e.StatusAnswered
	}
	if o.By == "" && len(e.EndedBy) == 1 {
		o.By = e.EndedBy[0]
	}
	if !slices.Contains(e.EndedBy, o.By) {
		return o, fmt.Errorf("%s: ended by %q is not among %s", e.Name, o.By, strings.Join(e.EndedBy, ", "))
	}
	switch {
	case e.Code >= 901 && e.Code <= 909:
		o.Code = e.Code
	case o.Status == "Call Ended":
		o.Code = 200
	case w.code != 0:
		o.Code = w.code
	case e.Code != 0:
		o.Code = e.Code
	default:
		o.Code = e.WireCode
	}
	return o, nil
}

// got is what a record says.
func got(r *outcome.Record) Outcome {
	return Outcome{Reason: r.ByeReason, Status: r.Status, Code: r.LastResponseCode, By: r.EndedBy}
}

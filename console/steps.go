package console

import (
	"strconv"
	"strings"
	"time"

	"onhook/outcome"
)

// A step is one decision about the outcome, and what it rests on.
type step struct {
	Field   string
	Value   string
	Text    string
	Rule    string
	Message uint32 // the event; 0: none
	Leg     int
	At      time.Time
}

// stepsOf tells the evidence of a record in the order in which the rules decide.
func stepsOf(r *outcome.Record) (out []step) {
	for _, e := range r.Evidence {
		name, value := fieldOf(r, e.Field)
		text := e.Text
		if text == value {
			text = ""
		}
		out = append(out, step{Field: name, Value: value, Text: text, Rule: e.Rule, Message: e.Message, Leg: e.Leg, At: e.At})
	}
	return out
}

// fieldOf is how a page names a field of the record, and its value.
func fieldOf(r *outcome.Record, field string) (name, value string) {
	switch field {
	case "bye_reason":
		return "Bye Reason", r.ByeReason
	case "ended_by":
		return "Ended by", r.EndedBy
	case "status":
		return "Status", r.Status
	case "last_response_code":
		return "Last response code", codeText(r.LastResponseCode)
	case "answered":
		return "Answered", r.Answered
	case "stage":
		return "Stage", r.Stage
	case "alerting":
		return "Alerted", "yes"
	case "sip_final":
		return "Sent to the caller", codeText(r.SIPFinal)
	}
	name = words(field)
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):], ""
}

func codeText(n int) string {
	if n == 0 {
		return "N/A"
	}
	return strconv.Itoa(n)
}

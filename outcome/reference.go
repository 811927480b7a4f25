package outcome

import (
	"strconv"
	"strings"
)

// An Entry is one reason as the reference page, the API and the console's help show it.
type Entry struct {
	Name             string   `json:"name"`
	Scope            string   `json:"scope" doc:"call, leg, leg|call, segment|call"`
	Code             int      `json:"code,omitempty" doc:"the code that a person is shown; 0: the wire code"`
	WireCode         int      `json:"wire_code,omitempty" doc:"the final response that we send; 0: never a refusal"`
	Q850In           []int    `json:"q850_in,omitempty" doc:"causes that are read as this reason"`
	Q850Out          int      `json:"q850_out,omitempty" doc:"the cause that we send; 0: none"`
	StatusUnanswered string   `json:"status_unanswered,omitempty"`
	StatusAnswered   string   `json:"status_answered,omitempty"`
	EndedBy          []string `json:"ended_by"`
	Definition       string   `json:"definition"`
	Remedy           string   `json:"remedy"`
	Trigger          string   `json:"trigger"`
	Produce          string   `json:"produce" doc:"how a test brings it about"`
	RFCNotes         []string `json:"rfc_notes,omitempty" doc:"where RFC 3398 or RFC 4497 differ"`
}

// Entry returns the reason's entry of the reference.
func (r Reason) Entry() Entry {
	t, w := &table[r], &words[r]
	e := Entry{
		Name: t.name, Scope: t.scope.String(), Code: r.Code(), WireCode: r.WireCode(), Q850Out: r.Q850(),
		StatusUnanswered: t.unanswered.String(), StatusAnswered: t.answered.String(),
		Definition: w.Definition, Remedy: w.Remedy, Trigger: w.Trigger, Produce: w.Produce, RFCNotes: r.RFCNotes(),
	}
	for _, c := range t.in {
		e.Q850In = append(e.Q850In, int(c))
	}
	for _, b := range t.by {
		e.EndedBy = append(e.EndedBy, b.String())
	}
	return e
}

// Entries returns all 66 reasons in the table's order.
func Entries() []Entry {
	out := make([]Entry, Reasons)
	for r := range out {
		out[r] = Reason(r).Entry()
	}
	return out
}

// Find returns the reasons that a person may mean: by name, or the beginning
// of one, in any case; by status; by a 9xx number or SIP code, shown, sent or
// received; by a Q.850 cause (1 to 127). It returns nil if nothing fits.
func Find(query string) []Entry {
	query = strings.TrimSpace(query)
	found := make([]bool, Reasons)
	if n, err := strconv.Atoi(query); err == nil {
		findNumber(found, n)
	} else if r, ok := ParseReason(query); ok {
		found[r] = true
	} else if s, ok := ParseStatus(query); ok {
		for r := range table {
			found[r] = table[r].unanswered == s || table[r].answered == s
		}
	} else if query != "" {
		for r := range table {
			name := table[r].name
			found[r] = len(name) > len(query) && equalFold(name[:len(query)], query)
		}
	}
	var out []Entry
	for r, ok := range found {
		if ok {
			out = append(out, Reason(r).Entry())
		}
	}
	return out
}

func findNumber(found []bool, n int) {
	if r, ok := ReasonOfCause(n); ok {
		found[r] = true
	}
	for _, r := range ReasonsOfCode(n) {
		found[r] = true
	}
	if n >= 300 && n <= 699 {
		for _, from := range bareSenders {
			r, _ := reasonOfCode(n, from.sender)
			found[r] = true
		}
	}
}

// statusWords say what each status means.
var statusWords = [numStatuses]string{
	CallEnded:   "The call was answered and came to its end, by whomever; or its purpose was fulfilled: a message left, a menu's leaf reached.",
	Declined:    "The called party refused the call.",
	Busy:        "The called party was busy, at its call limit, or not to be disturbed.",
	NotAnswered: "The called party was alerted and nobody answered.",
	Cancelled:   "The caller, an operator or the server itself gave up before a party answered.",
	Abandoned:   "The caller was answered by a menu, a queue, a mailbox or somebody who then held it, and hung up while it waited.",
	Unreachable: "Nothing rang: the device or the way to it was off, absent or full.",
	CallFailed:  "The call could not be set up: number, rights, media, route or a fault.",
}

// Definition says in a sentence what the status means.
func (s Status) Definition() string { return statusWords[s%numStatuses] }

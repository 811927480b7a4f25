package outcome

import (
	"strconv"
	"strings"

	"onhook/call"
)

// bareSenders are the senders that a bare code may depend on.
var bareSenders = []struct {
	name   string
	sender sender
}{
	{"phone", sender{peer: call.PeerPhone}},
	{"trunk", sender{peer: call.PeerTrunk}},
	{"alerted phone", sender{peer: call.PeerPhone, alerted: true}},
}

// Reference returns the reference page of all statuses and reasons, in
// Markdown. docs/reasons.md is this text.
func Reference() string {
	var p page
	p.line("# Statuses and reasons")
	p.line("")
	p.line("Generated from the table in `outcome/table.go` by `go test ./outcome -update`; do not edit. The rules that lead to them: [outcomes.md](outcomes.md).")
	p.statuses()
	p.index()
	p.codes()
	p.causes()
	p.parts()
	p.reasons()
	return p.String()
}

// A page is a Markdown text in the making.
type page struct{ strings.Builder }

func (p *page) line(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// row writes a row of a table.
func (p *page) row(cells ...string) {
	for _, c := range cells {
		p.WriteString("| ")
		p.WriteString(strings.ReplaceAll(c, "|", `\|`))
		p.WriteByte(' ')
	}
	p.line("|")
}

func (p *page) head(cells ...string) {
	p.row(cells...)
	for range cells {
		p.WriteString("| --- ")
	}
	p.line("|")
}

func (p *page) statuses() {
	p.line("\n## Statuses\n")
	p.head("status", "meaning")
	for s := CallEnded; s < numStatuses; s++ {
		p.row(s.String(), s.Definition())
	}
}

func (p *page) index() {
	p.line("\n## Reasons at a glance\n")
	p.line("*Shown* is the Last Response Code where we decided and the call was not answered; a received final response is shown as it came. *Sent* is what the caller is sent where we decided.\n")
	p.head("reason", "shown", "sent", "Q.850 read", "Q.850 sent", "unanswered", "answered")
	for r := range table {
		t := &table[r]
		p.row("["+t.name+"](#"+strings.ToLower(t.name)+")", digits(int(t.code)), digits(int(t.wire)), causes(t.in), digits(int(t.out)), dash(t.unanswered.String()), dash(t.answered.String()))
	}
}

// digits prints a number, or a dash for none.
func digits(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func causes(in []uint8) string {
	var parts []string
	for _, c := range in {
		parts = append(parts, strconv.Itoa(int(c)))
	}
	return dash(strings.Join(parts, " "))
}

// codes shows what a received code gives by itself.
func (p *page) codes() {
	p.line("\n## A received SIP code without a Reason\n")
	p.line("Codes that are not listed give INTERWORKING (4xx, 6xx) or NORMAL_TEMPORARY_FAILURE (5xx). A Warning 304 turns 488, 580 and 606 into BEARERCAPABILITY_NOTIMPL; a 603 with the phrase Network Blocked is INCOMING_CALL_BARRED. *Sent* is what the caller is sent then.\n")
	p.head("code", "from a phone", "from a trunk", "from a phone that alerted", "sent")
	p.row("3xx", Redirection.String(), Redirection.String(), Redirection.String(), "410")
	for code := 400; code <= 699; code++ {
		if !listed(code) {
			continue
		}
		var names []string
		for _, from := range bareSenders {
			r, _ := reasonOfCode(code, from.sender)
			names = append(names, r.String())
		}
		sent := "the reason's"
		if n := sentFor(code); n != 0 {
			sent = strconv.Itoa(n)
		}
		p.row(strconv.Itoa(code), names[0], names[1], names[2], sent)
	}
}

// listed tells the codes that the rules name: the others are read as the x00
// of their class, with less confidence.
func listed(code int) bool {
	_, sure := reasonOfCode(code, bareSenders[0].sender)
	return code == 487 || sure == Certain
}

func (p *page) causes() {
	p.line("\n## A received Q.850 cause\n")
	p.line("Causes that are not listed fall to the *unspecified* one of their class (47, 63, 79, 95, 111, 127); in the classes of normal events, and for 31, the code decides. 52 and 54 are in wide use but not in Q.850.\n")
	p.head("cause", "reason")
	for c, r := range byCause {
		if r != Unspecified {
			p.row(strconv.Itoa(c), r.String())
		}
	}
}

// parts says where the table and the RFCs part.
func (p *page) parts() {
	p.line("\n## Where this differs from RFC 3398 and RFC 4497\n")
	p.line("RFC 3398 (sections 7.2.4.1 and 8.2.6.1) maps between ISDN causes and SIP for ISUP, RFC 4497 (sections 8.4.1 and 8.4.4) for QSIG. Both know less than the rules here: whether the called party was alerted, and whether a phone or a trunk answered.\n")
	p.head("reason", "difference")
	for r := range Reason(Reasons) {
		if notes := r.RFCNotes(); len(notes) > 0 {
			p.row(r.String(), strings.Join(notes, " "))
		}
	}
	p.row("a code that the rules do not name", "INTERWORKING (127) or NORMAL_TEMPORARY_FAILURE (41) by its class; both RFCs give cause 31.")
	p.row("cause 16 in a final response", "The code decides; in RFC 3398 it makes a BYE or a CANCEL, in RFC 4497 it gives 500.")
	p.row("cause 26 in a final response", "The code decides; RFC 3398 gives 404, as ANSI networks mean a misrouted ported number by it.")
	p.row("cause 31 in a final response", "The code decides; both RFCs give 480.")
}

func (p *page) reasons() {
	p.line("\n## The reasons")
	for r := range table {
		t, w := &table[r], &words[r]
		p.line("\n### ", t.name, "\n")
		p.line(w.Definition, "\n")
		p.line("- When: ", w.Trigger)
		p.line("- What to do: ", w.Remedy)
		p.line("- Status: ", dash(t.unanswered.String()), " unanswered, ", dash(t.answered.String()), " answered. Ends a ", strings.ReplaceAll(t.scope.String(), "|", " or a "), ".")
		p.line("- Shown ", digits(int(t.code)), ", sent ", digits(int(t.wire)), ", Q.850 cause read ", causes(t.in), ", sent ", digits(int(t.out)), ".")
		var by []string
		for _, b := range t.by {
			by = append(by, b.String())
		}
		p.line("- Ended by: ", strings.Join(by, ", "), ".")
		for _, note := range Reason(r).RFCNotes() {
			p.line("- RFCs: ", note)
		}
		p.line("- A test: ", w.Produce)
	}
}

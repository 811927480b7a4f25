package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"onhook/analyse"
	"onhook/capture"
	"onhook/ladder"
	"onhook/outcome"
)

// An explainPrinter writes calls in one of the forms, and what was counted at the end.
type explainPrinter interface {
	call(c *analyse.Call) error
	end(t *analyse.Totals, s capture.Stats, took time.Duration, shown int) error
}

// newExplainPrinter writes to w, which ends in out; the summary goes to aside
// where out is for a program.
func newExplainPrinter(c *explainCmd, w, out, aside io.Writer) explainPrinter {
	switch c.Output {
	case "json":
		return &explainJSON{json.NewEncoder(w), aside}
	case "csv":
		return &explainCSV{w: csv.NewWriter(w), aside: aside}
	}
	t := &explainTable{w: w, aside: aside, verbose: c.Verbose, ladder: c.Ladder != ""}
	t.drawing = drawing{Ladder: c.Ladder, Width: c.Width, Color: "auto"}
	if t.Width == 0 {
		t.Width = t.columns(out)
	}
	t.Color = "never"
	if (drawing{Color: "auto"}).colors(out) {
		t.Color = "always"
	}
	t.by = ladder.ByLeg
	if c.By == "host" {
		t.by = ladder.ByHost
	}
	return t
}

// An explainTable writes a line a call or, where the steps or a ladder are
// asked for, a block a call.
type explainTable struct {
	drawing
	w       io.Writer
	aside   io.Writer
	verbose bool
	ladder  bool
	by      ladder.By
	any     bool
}

const explainRow = "%-19s  %-16s  %-16s  %-12s  %-4s  %-28s  %-8s  %-8s  %-10s  %s\n"

// column keeps what a stranger wrote within its column: the calls come as they
// end, so the widths cannot be fitted to them.
func column(s string) string {
	const width = 16
	if s = printable(s); utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

func (t *explainTable) call(c *analyse.Call) error {
	t.server = "called side"
	if len(c.Record.Legs) > 1 {
		t.server = "server"
	}
	if t.ladder && t.alone() && !t.verbose {
		return t.draw(t.w, &c.Record, c.Events, t.by)
	}
	if t.verbose || t.ladder {
		return t.block(c)
	}
	if !t.any {
		t.any = true
		fmt.Fprintf(t.w, explainRow, "STARTED", "FROM", "TO", "STATUS", "CODE", "BYE REASON", "BY", "TALK", "CONFIDENCE", "CALL-ID")
	}
	r := &c.Record
	id := r.ID
	if len(r.Legs) > 0 && r.Legs[0].SIPCallID != "" {
		id = r.Legs[0].SIPCallID
	}
	_, err := fmt.Fprintf(t.w, explainRow, r.StartedAt.Local().Format(time.DateTime), column(name(r.From)), column(name(r.To)),
		r.Status, code(r.LastResponseCode), r.ByeReason, r.EndedBy, span(r.TalkMS), r.Confidence, printable(id))
	return err
}

// block writes one call in full.
func (t *explainTable) block(c *analyse.Call) error {
	if t.any {
		fmt.Fprintln(t.w)
	}
	t.any = true
	if t.verbose {
		printRecord(t.w, &c.Record)
		explainSteps(t.w, c)
	} else {
		fmt.Fprintf(t.w, "%s\n\n%s\n\n", c.Record.ID, printable(c.Record.Summary))
		explainFindings(t.w, c)
	}
	if !t.ladder {
		return nil
	}
	fmt.Fprintln(t.w)
	return t.draw(t.w, &c.Record, c.Events, t.by)
}

// explainSteps writes how the outcome was decided: each field, the packet that
// proves it, and the rule that used it.
func explainSteps(w io.Writer, c *analyse.Call) {
	r := &c.Record
	fmt.Fprintln(w, "\nDecided")
	value := map[string]string{
		"bye_reason": r.ByeReason, "ended_by": r.EndedBy, "answered": r.Answered, "stage": r.Stage, "sip_final": number(r.SIPFinal), "alerting": "yes",
		"status": r.Status, "last_response_code": code(r.LastResponseCode), "detail": r.Detail, "confidence": r.Confidence,
	}
	for i, e := range r.Evidence {
		where := "concluded, no packet"
		if n := int(e.Message); n >= 1 && n <= len(c.Frames) && c.Frames[n-1] != 0 {
			where = "packet " + strconv.FormatUint(c.Frames[n-1], 10)
		}
		why := e.Text
		if why == value[e.Field] {
			why = "from this event"
		}
		is := ""
		if v, known := value[e.Field]; known {
			is = " is " + v
		}
		fmt.Fprintf(w, "  %d. %s%s: %s (%s, event %d, leg %d, rule %s)\n", i+1, e.Field, is, printable(why), where, e.Message, e.Leg, e.Rule)
	}
	fmt.Fprintf(w, "  %d. confidence is %s", len(r.Evidence)+1, r.Confidence)
	if r.Confidence != "certain" && len(r.Notes) > 0 {
		fmt.Fprintf(w, ": %s", printable(strings.Join(r.Notes, "; ")))
	}
	fmt.Fprintln(w)
	if len(c.Joins) > 0 {
		fmt.Fprintln(w, "\nLegs joined")
		for _, j := range c.Joins {
			fmt.Fprintf(w, "  leg %d goes on from leg %d: %s %s (%s)\n", j.To, j.From, j.Reason, printable(j.Value), j.Strength)
		}
	}
	explainFindings(w, c)
}

func explainFindings(w io.Writer, c *analyse.Call) {
	if len(c.Findings) == 0 {
		return
	}
	fmt.Fprintln(w, "\nFindings")
	for _, f := range c.Findings {
		leg := ""
		if len(c.Record.Legs) > 1 && f.Leg != 0 {
			leg = fmt.Sprintf("leg %d: ", f.Leg)
		}
		fmt.Fprintf(w, "  %-20s %s  %s%s\n", f.Name, f.At.Local().Format("15:04:05.000"), leg, printable(f.Text))
	}
}

func (t *explainTable) end(x *analyse.Totals, s capture.Stats, took time.Duration, shown int) error {
	if t.ladder && t.alone() {
		return explainSummary(t.aside, x, s, took, shown)
	}
	fmt.Fprintln(t.w)
	return explainSummary(t.w, x, s, took, shown)
}

// explainSummary writes what was counted.
func explainSummary(w io.Writer, t *analyse.Totals, s capture.Stats, took time.Duration, shown int) error {
	fmt.Fprintf(w, "%d %s", t.Calls, plural(t.Calls, "call"))
	if uint64(shown) != t.Calls {
		fmt.Fprintf(w, ", %d shown", shown)
	}
	fmt.Fprintf(w, "; %d %s, %d SIP %s in %s", s.Packets, plural(s.Packets, "packet"), t.Messages, plural(t.Messages, "message"), took.Round(time.Millisecond))
	if took > 100*time.Millisecond { // of less a rate says nothing
		fmt.Fprintf(w, " (%.0f messages/s)", float64(t.Messages)/took.Seconds())
	}
	fmt.Fprintln(w)
	counts := []struct {
		n    uint64
		text string
	}{
		{t.Retransmitted, "retransmissions"},
		{t.Duplicates, "captured twice"},
		{t.Joined, "legs joined to another's call"},
		{t.Ambiguous, "legs that may belong to several calls, left alone"},
		{t.Registrations, "of REGISTER"},
		{t.Subscriptions, "of SUBSCRIBE, NOTIFY, PUBLISH outside of calls"},
		{t.Options, "of OPTIONS outside of calls"},
		{t.Other, "other requests outside of calls"},
		{t.RTP, "RTP packets"},
		{t.Strays, "messages of dialogs that were not captured"},
		{t.Late, "messages of calls already over"},
		{t.Malformed, "messages that cannot be read"},
		{t.Truncated, "messages cut by the capture's packet length"},
		{t.Lost, "packets or bytes lost by the capture"},
		{t.GivenUp, "calls handed out early, because too many were open"},
	}
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.text))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintln(w, strings.Join(parts, ", "))
	}
	for _, n := range t.Notes {
		fmt.Fprintln(w, "note:", printable(n))
	}
	if t.Messages == 0 {
		_, err := fmt.Fprintln(w, "No SIP was found: is it encrypted, or was the capture made somewhere else?")
		return err
	}
	return nil
}

// plural is a word for so many.
func plural(n uint64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// An explainJSON writes one call a line: the record, joins and findings.
type explainJSON struct {
	enc   *json.Encoder
	aside io.Writer
}

// explainedCall is the JSON form of a call.
type explainedCall struct {
	*outcome.Record
	Joins    []explainedJoin   `json:"joins,omitempty"`
	Findings []analyse.Finding `json:"findings,omitempty"`
}

type explainedJoin struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Reason   string `json:"reason"`
	Value    string `json:"value,omitempty"`
	Strength string `json:"strength"`
}

func (j *explainJSON) call(c *analyse.Call) error {
	x := explainedCall{Record: &c.Record, Findings: c.Findings}
	for _, k := range c.Joins {
		x.Joins = append(x.Joins, explainedJoin{int(k.From), int(k.To), k.Reason, k.Value, k.Strength.String()})
	}
	return j.enc.Encode(x)
}

func (j *explainJSON) end(t *analyse.Totals, s capture.Stats, took time.Duration, shown int) error {
	return explainSummary(j.aside, t, s, took, shown)
}

// An explainCSV writes one call a line under a line of names.
type explainCSV struct {
	w     *csv.Writer
	aside io.Writer
	any   bool
}

var explainColumns = []string{
	"started_at", "ringing_at", "answered_at", "ended_at", "from", "to", "status", "last_response_code", "sip_final", "bye_reason", "q850_cause", "detail",
	"ended_by", "answered", "stage", "confidence", "talk_ms", "ring_ms", "setup_ms", "legs", "sip_call_id", "id", "findings", "summary",
}

func (c *explainCSV) call(k *analyse.Call) error {
	if err := c.head(); err != nil {
		return err
	}
	r := &k.Record
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	var id string
	if len(r.Legs) > 0 {
		id = r.Legs[0].SIPCallID
	}
	names := make([]string, 0, len(k.Findings))
	for _, f := range k.Findings {
		names = append(names, f.Name)
	}
	row := []string{
		at(&r.StartedAt), at(r.RingingAt), at(r.AnsweredAt), at(&r.EndedAt), name(r.From), name(r.To), r.Status, number(r.LastResponseCode),
		number(r.SIPFinal), r.ByeReason, number(r.Q850Cause), r.Detail, r.EndedBy, r.Answered, r.Stage, r.Confidence,
		strconv.FormatInt(r.TalkMS, 10), strconv.FormatInt(r.RingMS, 10), strconv.FormatInt(r.SetupMS, 10), strconv.Itoa(len(r.Legs)), id, r.ID,
		strings.Join(names, " "), r.Summary,
	}
	for i := range row {
		row[i] = noFormula(row[i])
	}
	if err := c.w.Write(row); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// noFormula keeps a spreadsheet from running what a stranger wrote into a
// header: a cell that begins like a formula gets an apostrophe before it.
func noFormula(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// head writes the line of names, once.
func (c *explainCSV) head() error {
	if c.any {
		return nil
	}
	c.any = true
	if err := c.w.Write(explainColumns); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *explainCSV) end(t *analyse.Totals, s capture.Stats, took time.Duration, shown int) error {
	if err := c.head(); err != nil {
		return err
	}
	return explainSummary(c.aside, t, s, took, shown)
}

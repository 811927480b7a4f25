package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"onhook/outcome"
)

// columns are those of the CSV form, in its order.
var columns = []struct {
	name  string
	value func(r *outcome.Record) string
}{
	{"id", func(r *outcome.Record) string { return r.ID }},
	{"started_at", func(r *outcome.Record) string { return stamp(&r.StartedAt) }},
	{"ringing_at", func(r *outcome.Record) string { return stamp(r.RingingAt) }},
	{"answered_at", func(r *outcome.Record) string { return stamp(r.AnsweredAt) }},
	{"ended_at", func(r *outcome.Record) string { return stamp(&r.EndedAt) }},
	{"duration_ms", func(r *outcome.Record) string { return count(r.DurationMS) }},
	{"setup_ms", func(r *outcome.Record) string { return count(r.SetupMS) }},
	{"ring_ms", func(r *outcome.Record) string { return count(r.RingMS) }},
	{"talk_ms", func(r *outcome.Record) string { return count(r.TalkMS) }},
	{"hold_ms", func(r *outcome.Record) string { return count(r.HoldMS) }},
	{"direction", func(r *outcome.Record) string { return r.Direction }},
	{"from_number", func(r *outcome.Record) string { return r.From.Number }},
	{"from_name", func(r *outcome.Record) string { return r.From.Name }},
	{"from_uri", func(r *outcome.Record) string { return r.From.URI }},
	{"to_number", func(r *outcome.Record) string { return r.To.Number }},
	{"to_name", func(r *outcome.Record) string { return r.To.Name }},
	{"to_uri", func(r *outcome.Record) string { return r.To.URI }},
	{"status", func(r *outcome.Record) string { return r.Status }},
	{"last_response_code", func(r *outcome.Record) string { return known(r.LastResponseCode) }},
	{"sip_final", func(r *outcome.Record) string { return known(r.SIPFinal) }},
	{"bye_reason", func(r *outcome.Record) string { return r.ByeReason }},
	{"q850_cause", func(r *outcome.Record) string { return known(r.Q850Cause) }},
	{"detail", func(r *outcome.Record) string { return r.Detail }},
	{"ended_by", func(r *outcome.Record) string { return r.EndedBy }},
	{"answered", func(r *outcome.Record) string { return r.Answered }},
	{"stage", func(r *outcome.Record) string { return r.Stage }},
	{"confidence", func(r *outcome.Record) string { return r.Confidence }},
	{"trunk", func(r *outcome.Record) string { return r.Trunk }},
	{"queue", func(r *outcome.Record) string { return r.Queue }},
	{"user", func(r *outcome.Record) string { return r.User }},
	{"source", func(r *outcome.Record) string { return r.Source }},
	{"summary", func(r *outcome.Record) string { return r.Summary }},
}

func stamp(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

func known(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// cell makes a text safe for a spreadsheet: one that begins as a formula does
// gets an apostrophe before it, which spreadsheets do not show. A number with a
// plus is among them: what it begins with cannot be told from a formula.
func cell(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
	if s == "" {
		return s
	}
	switch first := []rune(s)[0]; first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}

// An exporter writes calls one after the other.
type exporter struct {
	w    http.ResponseWriter
	csv  *csv.Writer
	json *json.Encoder
	row  []string
}

func newExport(w http.ResponseWriter, name string) *exporter {
	e := &exporter{w: w}
	if name == "ndjson" {
		e.json = json.NewEncoder(w)
		return e
	}
	e.csv = csv.NewWriter(w)
	e.csv.UseCRLF = true // RFC 4180 section 2
	e.row = make([]string, len(columns))
	for i, c := range columns {
		e.row[i] = c.name
	}
	_ = e.csv.Write(e.row) // into its buffer; flush tells
	return e
}

func (e *exporter) record(r *outcome.Record) error {
	if e.json != nil {
		return e.json.Encode(r)
	}
	for i, c := range columns {
		e.row[i] = cell(c.value(r))
	}
	return e.csv.Write(e.row)
}

// flush hands over what is written and gives the client time for the next piece.
func (e *exporter) flush() error {
	if e.csv != nil {
		e.csv.Flush()
		if err := e.csv.Error(); err != nil {
			return err
		}
	}
	c := http.NewResponseController(e.w)
	_ = c.SetWriteDeadline(time.Now().Add(writeTime)) // a writer of a test has none
	return c.Flush()
}

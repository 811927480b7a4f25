package ladder

import (
	"slices"
	"time"

	"onhook/call"
)

// By says what a column stands for.
type By uint8

// The columns of a Ladder.
const (
	ByLeg  By = iota // the caller, the server, then each further leg
	ByHost           // each transport address, as a capture shows them
)

// Options say how to lay a call out.
type Options struct {
	By     By
	Server string        // the name of the server's column; "" is onhook
	Proof  []uint32      // numbers of the events that prove the outcome; marked with *
	Gap    time.Duration // silence that is shown as a gap; 0 is one second
}

// A Ladder is a call laid out.
type Ladder struct {
	Start   time.Time // of the first event; rows count from it
	Columns []Column
	Rows    []Row
}

// A Column is a lifeline.
type Column struct {
	Name    string
	Address string
}

// A RowKind says what a Row is.
type RowKind uint8

// The kinds of rows.
const (
	Arrow   RowKind = iota + 1 // a message from one column to another
	Bar                        // something between two columns: a timer, media
	Section                    // a new stage of the call, across all columns
	Gap                        // nothing happened for Elapsed
)

// A Row is one line of a ladder.
type Row struct {
	Kind    RowKind
	Seq     uint32        // the event's number; 0 in a Gap
	Elapsed time.Duration // since Start; in a Gap: how long it is
	From    int           // columns; in a Bar From <= To
	To      int
	Text    string
	Detail  string        // Arrow: what else the message tells: its Reason
	Request bool          // Arrow: a request
	Media   bool          // Bar: about media, not a timer or decision
	Failed  bool          // Arrow: it could not be delivered
	Proof   bool          // it proves the outcome
	Again   int           // Arrow: how often it came or went again
	Last    time.Duration // Arrow: when it did so last, since Start
}

// Layout arranges the events of one call.
func Layout(events []call.Event, opt Options) *Ladder {
	l := &layout{opt: opt, rowOf: map[uint32]int{}, legColumn: map[call.LegID]int{}, hostColumn: map[string]int{}, server: -1}
	if l.opt.Server == "" {
		l.opt.Server = "onhook"
	}
	if l.opt.Gap == 0 {
		l.opt.Gap = time.Second
	}
	l.columns(events)
	for i := range events {
		l.event(&events[i])
	}
	return &l.out
}

type layout struct {
	opt        Options
	out        Ladder
	rowOf      map[uint32]int // the row of each message
	legColumn  map[call.LegID]int
	hostColumn map[string]int
	server     int
	last       time.Time // of the row before
}

func (l *layout) event(e *call.Event) {
	if l.out.Start.IsZero() {
		l.out.Start = e.At
	}
	switch e.Kind {
	case call.EvReceived, call.EvSent:
		l.message(e)
	case call.EvRetransmitted:
		l.again(e)
	case call.EvTransportFailed:
		l.failed(e)
	case call.EvStage:
		l.add(e, Row{Kind: Section, To: max(0, len(l.out.Columns)-1), Text: clean(e.Name)})
	default:
		text, media := barText(e)
		if text == "" {
			return
		}
		from, to := l.barColumns(e)
		l.add(e, Row{Kind: Bar, From: from, To: to, Text: text, Media: media})
	}
}

// add appends a row, and a gap before it if there was silence.
func (l *layout) add(e *call.Event, r Row) {
	if len(l.out.Rows) > 0 && e.At.Sub(l.last) >= l.opt.Gap {
		l.out.Rows = append(l.out.Rows, Row{Kind: Gap, Elapsed: e.At.Sub(l.last), To: max(0, len(l.out.Columns)-1)})
	}
	l.last = e.At
	r.Seq, r.Elapsed = e.Seq, e.At.Sub(l.out.Start)
	r.Proof = slices.Contains(l.opt.Proof, e.Seq)
	l.out.Rows = append(l.out.Rows, r)
}

func (l *layout) message(e *call.Event) {
	from, to := l.ends(e, e.Kind == call.EvSent)
	text, detail, request := messageText(e.Msg)
	l.add(e, Row{Kind: Arrow, From: from, To: to, Text: text, Detail: detail, Request: request})
	l.rowOf[e.Seq] = len(l.out.Rows) - 1
}

// again folds a retransmission into the row of its message.
func (l *layout) again(e *call.Event) {
	i, ok := l.rowOf[e.Of]
	if !ok {
		from, to := l.ends(e, e.Out)
		l.add(e, Row{Kind: Arrow, From: from, To: to, Text: "retransmission of a message that was not seen"})
		return
	}
	r := &l.out.Rows[i]
	r.Again = max(r.Again+1, e.N)
	r.Last = max(r.Last, e.At.Sub(l.out.Start))
	r.Proof = r.Proof || slices.Contains(l.opt.Proof, e.Seq)
}

// failed marks the last message that was sent on the leg.
func (l *layout) failed(e *call.Event) {
	from, to := l.ends(e, true)
	for i := len(l.out.Rows) - 1; i >= 0; i-- {
		if r := &l.out.Rows[i]; r.Kind == Arrow && r.From == from && r.To == to {
			r.Failed = true
			break
		}
	}
	l.add(e, Row{Kind: Bar, From: min(from, to), To: max(from, to), Text: "not delivered: " + clean(e.Text)})
}

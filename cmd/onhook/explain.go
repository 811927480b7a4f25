package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"onhook/analyse"
	"onhook/capture"
	"onhook/outcome"
)

type explainCmd struct {
	File    string `arg:"" help:"A capture file, or - for standard input."`
	Output  string `short:"o" enum:"table,json,csv" default:"table" help:"table, json (one call a line) or csv. Calls come in the order of their ends."`
	Ladder  string `enum:",text,svg,mermaid" default:"" help:"Draw each call's messages: text, svg or mermaid."`
	By      string `enum:"leg,host" default:"leg" help:"Columns of the ladder: leg or host."`
	Width   int    `default:"0" help:"Columns of a ladder in text; 0: as wide as the terminal, or 100."`
	Verbose bool   `short:"v" help:"How each outcome was decided, step by step: packet, rule, joins, findings."`

	explainFilter
	explainChecks

	T1       time.Duration `name:"t1" default:"500ms" help:"T1 of the captured systems, where it is not what RFC 3261 says."`
	MaxOpen  int           `default:"20000" placeholder:"N" help:"How many calls that have not ended are kept at once; each takes memory."`
	Progress string        `enum:"auto,always,never" default:"auto" help:"A progress bar on standard error: auto, always or never. auto: on a terminal."`
}

// explainFilter says which calls are shown.
type explainFilter struct {
	Status  []string `help:"Only these statuses, such as Busy."`
	Reason  []string `help:"Only these Bye Reasons, such as USER_BUSY."`
	Code    []int    `help:"Only these last response codes."`
	CallID  []string `name:"call-id" help:"Only calls with a leg of this Call-ID, or of this id."`
	From    string   `help:"Only calls from this number; 49* is all that begin so."`
	To      string   `help:"Only calls to this number."`
	EndedBy []string `name:"ended-by" help:"Only calls ended by caller, callee, platform, network or unknown."`
}

// explainChecks make the command end with exit code 3, for scripts.
type explainChecks struct {
	ExpectStatus  string   `help:"Exit code 3 if a call shown has another status, or none is shown."`
	ExpectReason  string   `help:"Exit code 3 if a call shown has another Bye Reason, or none is shown."`
	ExpectCode    int      `help:"Exit code 3 if a call shown has another last response code, or none is shown."`
	ExpectEndedBy string   `name:"expect-ended-by" help:"Exit code 3 if a call shown was ended by another, or none is shown."`
	FailOn        []string `help:"Exit code 3 if a call shown has one of these statuses or Bye Reasons."`
}

// explainMemory is the heap, in bytes, from which on the collector works harder: the
// command keeps under 200 MB on a capture of any length.
const explainMemory = 175 << 20

func (c explainCmd) Run() error {
	if err := c.check(); err != nil {
		return phoneExit{err, exitUsage}
	}
	in, size := io.Reader(os.Stdin), int64(-1)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		} else if err == nil && st.IsDir() {
			return fmt.Errorf("%s is a folder: name a capture file", c.File)
		}
		in = f
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(explainMemory))
	return c.explain(in, size, os.Stdout, os.Stderr)
}

// explain reads one capture and writes its calls to out, or what beside them
// would spoil a file to aside.
func (c explainCmd) explain(in io.Reader, size int64, out, aside io.Writer) error {
	x := &explaining{cmd: c, out: bufio.NewWriterSize(out, 1<<16)}
	x.bar = newProgress(c.Progress, size, isTerminal(out))
	x.print = newExplainPrinter(&c, x.out, out, aside)
	return x.run(x.bar.reader(in))
}

// check holds the words of the flags against the tables.
func (c *explainCmd) check() error {
	for _, s := range append(slices.Clone(c.Status), c.ExpectStatus) {
		if _, ok := outcome.ParseStatus(s); s != "" && !ok {
			return fmt.Errorf("there is no status %q: see onhook reasons", s)
		}
	}
	for _, s := range append(slices.Clone(c.Reason), c.ExpectReason) {
		if _, ok := outcome.ParseReason(s); s != "" && !ok {
			return fmt.Errorf("there is no Bye Reason %q: see onhook reasons", s)
		}
	}
	for _, s := range c.FailOn {
		_, status := outcome.ParseStatus(s)
		if _, reason := outcome.ParseReason(s); !status && !reason {
			return fmt.Errorf("--fail-on %q is neither a status nor a Bye Reason: see onhook reasons", s)
		}
	}
	for _, s := range append(slices.Clone(c.EndedBy), c.ExpectEndedBy) {
		if s != "" && !slices.Contains([]string{"caller", "callee", "platform", "network", "unknown"}, s) {
			return fmt.Errorf("ended by %q: want caller, callee, platform, network or unknown", s)
		}
	}
	return nil
}

// An explaining is one run of the command. The calls come on another goroutine
// than the packets; mu parts their writing from the bar's.
type explaining struct {
	cmd     explainCmd
	mu      sync.Mutex
	out     *bufio.Writer
	print   explainPrinter
	bar     *progress
	shown   int
	failed  []string
	writing error
}

func (x *explaining) run(in io.Reader) error {
	src, err := capture.NewReader(in, capture.Options{})
	if err != nil {
		return fmt.Errorf("%s: %w", x.cmd.File, err)
	}
	began := time.Now()
	done := make(chan struct{})
	go x.flush(done)
	totals, failed := analyse.Run(src, analyse.Options{T1: x.cmd.T1, MaxOpen: x.cmd.MaxOpen, Parallel: true}, x.call, x.after)
	close(done)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bar.finish()
	if x.writing != nil {
		return x.writing
	}
	if err := x.print.end(&totals, src.Stats(), time.Since(began), x.shown); err != nil {
		return err
	}
	if err := x.out.Flush(); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("%s: %w: the calls up to there are above", x.cmd.File, failed)
	}
	return x.verdict()
}

// flush writes out what has gathered, four times a second: a pipe may bring
// nothing for a long time.
func (x *explaining) flush(done chan struct{}) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		x.mu.Lock()
		if x.writing == nil && x.out.Buffered() > 0 {
			x.bar.clear()
			x.writing = x.out.Flush()
		}
		x.mu.Unlock()
	}
}

// after runs after each packet.
func (x *explaining) after(*capture.Item) error {
	if !x.bar.due() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bar.draw()
	return x.writing
}

// call takes one call that is over.
func (x *explaining) call(c *analyse.Call) {
	if !x.cmd.matches(c) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.writing != nil {
		return
	}
	x.shown++
	if why := x.cmd.differs(&c.Record); why != "" && len(x.failed) < 20 {
		x.failed = append(x.failed, why)
	}
	x.bar.clear()
	x.writing = x.print.call(c)
}

// verdict is the exit code that the checks ask for.
func (x *explaining) verdict() error {
	c := &x.cmd.explainChecks
	expects := c.ExpectStatus != "" || c.ExpectReason != "" || c.ExpectCode != 0 || c.ExpectEndedBy != ""
	if expects && x.shown == 0 {
		return phoneExit{errors.New("no call was found, but one was expected"), exitDiffer}
	}
	if len(x.failed) > 0 {
		return phoneExit{errors.New(strings.Join(x.failed, "; ")), exitDiffer}
	}
	return nil
}

// differs says how a record is not as expected; empty: it is.
func (c *explainChecks) differs(r *outcome.Record) string {
	for _, s := range c.FailOn {
		if strings.EqualFold(s, r.Status) || strings.EqualFold(s, r.ByeReason) {
			return fmt.Sprintf("%s: %s, %s", r.ID, r.Status, r.ByeReason)
		}
	}
	switch {
	case c.ExpectStatus != "" && !strings.EqualFold(c.ExpectStatus, r.Status):
		return fmt.Sprintf("%s: expected %s, got %s", r.ID, c.ExpectStatus, r.Status)
	case c.ExpectReason != "" && !strings.EqualFold(c.ExpectReason, r.ByeReason):
		return fmt.Sprintf("%s: expected %s, got %s", r.ID, c.ExpectReason, r.ByeReason)
	case c.ExpectCode != 0 && c.ExpectCode != r.LastResponseCode:
		return fmt.Sprintf("%s: expected %d, got %s", r.ID, c.ExpectCode, code(r.LastResponseCode))
	case c.ExpectEndedBy != "" && c.ExpectEndedBy != r.EndedBy:
		return fmt.Sprintf("%s: expected to be ended by %s, was by %s", r.ID, c.ExpectEndedBy, r.EndedBy)
	}
	return ""
}

// matches tells whether a call is to be shown.
func (f *explainFilter) matches(c *analyse.Call) bool {
	r := &c.Record
	fold := func(list []string, s string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
	}
	switch {
	case !fold(f.Status, r.Status) || !fold(f.Reason, r.ByeReason) || !fold(f.EndedBy, r.EndedBy):
		return false
	case len(f.Code) > 0 && !slices.Contains(f.Code, r.LastResponseCode):
		return false
	case !numberMatches(f.From, r.From) || !numberMatches(f.To, r.To):
		return false
	}
	if len(f.CallID) == 0 || slices.Contains(f.CallID, r.ID) {
		return true
	}
	return slices.ContainsFunc(r.Legs, func(l outcome.Leg) bool { return slices.Contains(f.CallID, l.SIPCallID) })
}

// numberMatches compares a party with a number, or with 49* by its beginning.
func numberMatches(want string, p outcome.Party) bool {
	if want == "" {
		return true
	}
	if head, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(name(p), head)
	}
	return name(p) == want || p.URI == want
}

package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"onhook/call"
	"onhook/media"
	"onhook/route"
)

// A Recorder keeps recordings; media.Archive is one.
type Recorder interface {
	Start(name string, said func(media.TapeNote)) (*media.Tape, error)
}

// A RecordMode says which calls of somebody or something are recorded.
type RecordMode uint8

// The modes, the weakest first: of all that has to do with a call the strongest counts.
const (
	RecordNever    RecordMode = iota // none, as far as this one goes
	RecordOnDemand                   // those whose extension asks for it during the call
	RecordAlways                     // all
)

// Recording is what is recorded, and how the parties are told.
type Recording struct {
	Code     string       // keys by which an extension that talks starts and stops it; empty: there are none
	Announce media.Source // what both parties hear when it starts; nil: nothing
	On, Off  media.Source // what the extension hears that has started or stopped it, where nothing is announced; nil: nothing
	Routes   []RecordMode // by the number of the route
	Queues   map[string]RecordMode
}

// ErrNotRecorded says why a call cannot be recorded now; what it wraps or says beside it is the cause.
var ErrNotRecorded = errors.New("exchange: the call cannot be recorded")

// taping is what the exchange keeps of a call's recording.
type taping struct {
	tape   *media.Tape
	on     bool          // it is not paused
	always bool          // it began by itself: no key ends it
	route  RecordMode    // of the route that the call came by
	joined [2]call.LegID // who was joined last: in the caller's place, and the other party
	pair   [2]call.LegID // whose sound is relayed, of those with addresses: the same two
	ears   [2]media.LegID
	keys   []byte // the latest, of one leg
	leg    call.LegID
	at     time.Time // when the last of them came
	until  time.Time // the call is over: how long its record waits for the end of the recording
}

// tapeJoined notes who was joined (an event) and whose sound is relayed (an action): when both are known the call may be recorded.
func (x *Exchange) tapeJoined(c *live, joined, pair [2]call.LegID) {
	t := &c.taping
	if joined[0] != 0 {
		t.joined = joined
	}
	if pair[0] != 0 {
		t.pair = pair
	}
	left, right := c.call.MediaLeg(t.joined[0]), c.call.MediaLeg(t.joined[1])
	if t.joined[0] == 0 || t.pair != [2]call.LegID{left, right} && t.pair != [2]call.LegID{right, left} {
		return
	}
	t.pair = [2]call.LegID{left, right}
	x.tapeOverhear(c)
	switch {
	case t.tape != nil:
		x.tapeListen(c)
	case x.opt.Recorder != nil && x.recordMode(c) == RecordAlways && !t.always:
		t.always = true
		if err := x.startTape(c, "always"); err != nil {
			x.log.Warn("not recorded", "call", c.call.ID(), "err", err)
		}
	}
}

// recordMode is the strongest mode of all that has to do with the call.
func (x *Exchange) recordMode(c *live) RecordMode {
	r := &x.set.Recording
	mode := max(c.taping.route, r.Queues[c.meta.Queue])
	for _, leg := range c.taping.joined {
		mode = max(mode, x.partyMode(c.party(leg)))
	}
	return mode
}

// partyMode is the mode of an extension or trunk.
func (x *Exchange) partyMode(p route.Caller) RecordMode {
	if u := x.users[p.User]; u != nil {
		return u.Rights.Record
	}
	for i := range x.set.Trunks {
		if x.set.Trunks[i].Name == p.Trunk && p.Trunk != "" {
			return x.set.Trunks[i].Record
		}
	}
	return RecordNever
}

// routeMode is the mode of the rule that a call came by.
func (x *Exchange) routeMode(p *route.Plan) RecordMode {
	if r := x.set.Recording.Routes; p.Rule >= 0 && p.Rule < len(r) {
		return r[p.Rule]
	}
	return RecordNever
}

// startTape begins or resumes a recording, and says so in the record.
func (x *Exchange) startTape(c *live, by string) error {
	t := &c.taping
	if t.on {
		return nil
	}
	if err := x.tapeable(c); err != nil {
		c.taped(x, "refused", by, err.Error(), 0)
		return err
	}
	what := "resumed"
	if t.tape == nil {
		what = "started"
		ref := c.ref
		tape, err := x.opt.Recorder.Start(c.call.ID(), func(n media.TapeNote) {
			x.box.answer(answer{do: func(x *Exchange) { x.tapeSaid(ref, n) }})
		})
		if err != nil {
			x.count.TapeErrors++
			c.taped(x, "refused", by, err.Error(), 0)
			return fmt.Errorf("%w: %w", ErrNotRecorded, err)
		}
		t.tape = tape
	} else {
		t.tape.Resume()
	}
	t.on = true
	x.tapeListen(c)
	c.taped(x, what, by, "", 0)
	x.storeMore(c) // a server that is killed says later that there is one
	if src := x.set.Recording.Announce; src != nil {
		for _, leg := range t.ears {
			x.mediaSaid(c, call.Caller, x.opt.Media.Over(leg, src))
		}
	}
	return nil
}

// tapeable says why a call's sound cannot be recorded now; nil: it can.
func (x *Exchange) tapeable(c *live) error {
	t := &c.taping
	switch {
	case x.opt.Recorder == nil:
		return fmt.Errorf("%w: recording is off", ErrNotRecorded)
	case c.session != nil || t.joined[0] == 0 || t.pair[0] == 0:
		return fmt.Errorf("%w: no two parties talk by this server", ErrNotRecorded)
	}
	for _, leg := range t.pair {
		if c.leg(leg).streams == 0 {
			return fmt.Errorf("%w: the sound does not pass through this server", ErrNotRecorded)
		}
		if c.leg(leg).secret {
			return fmt.Errorf("%w: the sound is encrypted for the two parties", ErrNotRecorded)
		}
	}
	return nil
}

// tapeListen gives the sound of the two parties to the recording, and no other.
func (x *Exchange) tapeListen(c *live) {
	t := &c.taping
	ears := [2]media.LegID{mediaLeg(c, t.pair[0], 0), mediaLeg(c, t.pair[1], 0)}
	x.tapeDeaf(c, ears[:]...)
	for i, ear := range ears {
		x.mediaSaid(c, t.pair[i], x.opt.Media.Record(ear, t.tape.Sink(media.Side(i))))
	}
	t.ears = ears
}

// tapeDeaf takes the recording's ears off, but for those kept.
func (x *Exchange) tapeDeaf(c *live, keep ...media.LegID) {
	t := &c.taping
	for i, ear := range t.ears {
		if ear != 0 && !slices.Contains(keep, ear) {
			_ = x.opt.Media.Record(ear, nil) // the leg may be closed already
		}
		t.ears[i] = 0
	}
}

// stopTape pauses a recording; it ends with the call.
func (x *Exchange) stopTape(c *live, by string) {
	if t := &c.taping; t.on {
		t.tape.Pause()
		t.on = false
		c.taped(x, "paused", by, "", 0)
	}
}

// taped journals what became of a recording.
func (c *live) taped(x *Exchange, what, by, why string, length time.Duration) {
	c.journal(call.Event{At: x.now, Kind: call.EvMedia, Name: "recording", Text: strings.TrimSuffix(what+": "+why, ": "), By: by, N: int(length / time.Millisecond)})
}

// tapeSaid takes what the recorder says of a call's recording.
func (x *Exchange) tapeSaid(ref uint64, n media.TapeNote) {
	c, _ := x.calls.get(ref)
	if c == nil {
		return
	}
	if n.Err != nil {
		x.count.TapeErrors++
		x.log.Error("recording is incomplete", "call", c.call.ID(), "err", n.Err)
		c.taped(x, "incomplete", "", n.Err.Error(), n.Length)
		x.storeMore(c)
	}
	if !n.Over {
		return
	}
	c.taped(x, "ended", "", "", n.Length)
	c.taping.tape = nil
	if c.finished && c.late == nil {
		x.finish(c)
	}
}

// tapeEnds ends the recording of a call that is over, and tells whether the record has to wait for it.
func (x *Exchange) tapeEnds(c *live) bool {
	t := &c.taping
	if t.tape == nil {
		return false
	}
	if t.until.IsZero() {
		t.until, t.on = x.now.Add(storeLimit), false
		x.taping = append(x.taping, c.ref)
		t.tape.Stop()
	}
	return true
}

// letGoTapes ends the waits for recordings that have lasted too long: their disk hangs.
func (x *Exchange) letGoTapes() {
	x.taping = slices.DeleteFunc(x.taping, func(ref uint64) bool {
		c, _ := x.calls.get(ref)
		if c == nil || c.taping.tape == nil {
			return true
		}
		if c.taping.until.After(x.now) {
			return false
		}
		c.taping.tape = nil
		c.taped(x, "incomplete", "", "its end was not written in time", 0)
		x.log.Error("recording was not ended in time", "call", c.call.ID())
		if c.late == nil {
			x.finish(c)
		}
		return true
	})
}

// keyPause is how long a key may come after the one before for the two to be of one code.
const keyPause = 3 * time.Second

// tapeKeys takes keys that a party of two who talk has pressed: the code starts and stops the recording.
func (x *Exchange) tapeKeys(c *live, leg call.LegID, keys string) {
	t, code := &c.taping, x.set.Recording.Code
	if code == "" || x.opt.Recorder == nil || c.session != nil || t.joined[0] == 0 {
		return
	}
	if t.leg != leg || x.now.Sub(t.at) > keyPause {
		t.keys = t.keys[:0]
	}
	t.leg, t.at = leg, x.now
	t.keys = append(t.keys, keys...)
	if drop := len(t.keys) - len(code); drop > 0 {
		t.keys = append(t.keys[:0], t.keys[drop:]...)
	}
	if string(t.keys) != code {
		return
	}
	t.keys = t.keys[:0]
	who := c.party(leg)
	if !x.mayTape(c, who) {
		x.log.Info("recording code of one who may not", "call", c.call.ID(), "user", who.User)
		return
	}
	said := x.set.Recording.On
	if t.on {
		if t.always {
			return
		}
		x.stopTape(c, "extension "+who.User)
		said = x.set.Recording.Off
	} else if err := x.startTape(c, "extension "+who.User); err != nil {
		x.log.Warn("not recorded", "call", c.call.ID(), "err", err)
		return
	} else if x.set.Recording.Announce != nil {
		return
	}
	if said != nil {
		x.mediaSaid(c, leg, x.opt.Media.Over(mediaLeg(c, leg, 0), said))
	}
}

// Record starts or resumes, or pauses, the recording of a call that is up; by says who asked for it. Errors: ErrNotFound, ErrNotRecorded.
func (x *Exchange) Record(ctx context.Context, id string, on bool, by string) error {
	found := ErrNotFound
	err := x.do(ctx, func(x *Exchange) {
		for _, c := range x.calls.calls {
			if c == nil || c.call.ID() != id || c.finished {
				continue
			}
			if found = nil; on {
				found = x.startTape(c, by)
			} else if !c.taping.on {
				found = fmt.Errorf("%w: it is not being recorded", ErrNotRecorded)
			} else {
				x.stopTape(c, by)
			}
			return
		}
	})
	return errors.Join(err, found)
}

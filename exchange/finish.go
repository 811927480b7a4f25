package exchange

import (
	"errors"
	"log/slog"

	"onhook/call"
	"onhook/outcome"
	"onhook/sip"
	"onhook/store"
)

// storeBegin notes the start of a call before anything leaves on a second leg.
func (x *Exchange) storeBegin(c *live) {
	s := store.Start{
		ID: c.call.ID(), StartedAt: c.events[0].At, Direction: c.meta.Direction,
		Trunk: c.meta.Trunk, User: c.meta.User, Events: c.events,
	}
	from, to := c.call.Parties()
	s.From, s.To = party(from), party(to)
	c.begun = len(c.events)
	if err := x.opt.Store.Begin(s); err != nil {
		x.count.RecordErrors++
		x.full = errors.Is(err, store.ErrFull)
		x.log.Error("start of call not stored", "call", c.call.ID(), "err", err)
		name := "disk_full"
		if errors.Is(err, store.ErrBusy) {
			// There is room, but not reserved yet: the disk is behind. This is over in a moment, and the next call is asked for anew.
			name = "disk_busy"
		}
		if !x.set.Continue {
			x.step(c, call.Input{Kind: call.InCommand, Name: name, By: "platform"})
		}
		return
	}
	x.full = false
}

// storeMore adds what has happened since to the start, when a crash would have to know it: that the call was answered.
func (x *Exchange) storeMore(c *live) {
	if c.begun == 0 || c.begun == len(c.events) {
		return
	}
	if err := x.opt.Store.Append(c.call.ID(), c.events[c.begun:]); err != nil {
		x.count.RecordErrors++
		x.log.Error("answer of call not stored", "call", c.call.ID(), "err", err)
	}
	c.begun = len(c.events)
}

func party(uri string) outcome.Party {
	p := outcome.Party{URI: uri}
	if u, err := sip.ParseURI(uri); err == nil {
		p.Number = sip.Unescape(u.User)
	}
	return p
}

// finish folds a call that is over and stores its record.
func (x *Exchange) finish(c *live) {
	x.endSession(c)
	if waits := x.tapeEnds(c); waits || c.late != nil {
		c.finished = true
		return
	}
	rec := x.folder.Fold(c.events, &c.meta)
	x.wasOutside(c, &rec)
	x.announceEnd(c, &rec)
	x.calls.remove(c)
	x.release(c)
	x.unsaved++
	if x.logs(slog.LevelInfo) {
		x.log.Info("call ended", "call", rec.ID, "status", rec.Status, "code", rec.LastResponseCode,
			"reason", rec.ByeReason, "by", rec.EndedBy, "from", rec.From.Number, "to", rec.To.Number)
	}
	x.save(unsaved{rec, c})
}

// save gives a record to the store, again later if the store is busy.
func (x *Exchange) save(u unsaved) {
	err := x.opt.Store.Finish(u.rec, u.live.events, u.live.stored)
	switch {
	case errors.Is(err, store.ErrBusy):
		x.again = append(x.again, u)
	case err != nil:
		x.saved(u.live, err)
	}
}

// An unsaved record waits for a store that was busy.
type unsaved struct {
	rec  outcome.Record
	live *live
}

// saveAgain tries what the store was too busy for.
func (x *Exchange) saveAgain() {
	list := x.again
	x.again = nil
	for _, u := range list {
		x.save(u)
	}
}

// saved takes the store's word that it is done with a call.
func (x *Exchange) saved(c *live, err error) {
	x.unsaved--
	if err != nil {
		x.count.RecordErrors++
		x.log.Error("record not stored", "call", c.meta.ID, "err", err)
		return
	}
	x.count.Records++
	x.reuse(c)
}

// Recover closes a call that was up when the process ended, before Run: its
// record says so (outcome/README section 7, killed and started again).
func (x *Exchange) Recover(o store.OpenCall) {
	c := x.newLive()
	c.shift = 0 // its times are the system's
	c.events = append(c.events, o.Events...)
	// Where the clock was set back since, the call was up at least as long as its events tell.
	if n := len(o.Events); n > 0 && o.Alive.Before(o.Events[n-1].At) {
		o.Alive = o.Events[n-1].At
	}
	next := func(e call.Event) {
		e.At = o.Alive
		c.journal(e)
	}
	next(call.Event{Kind: call.EvAlive})
	next(call.Event{Kind: call.EvIntent, Leg: call.Caller, Cause: "Terminated_From_Server", By: "platform", Text: "recovered"})
	c.meta = outcome.Meta{ID: o.ID, Source: "live", Direction: o.Direction, User: o.User, Trunk: o.Trunk, Options: x.set.Outcome}
	x.unsaved++
	x.log.Warn("call closed that was up when the server ended", "call", o.ID, "alive", o.Alive)
	x.save(unsaved{x.folder.Fold(c.events, &c.meta), c})
}

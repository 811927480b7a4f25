package media

import "slices"

// A RoomID names a conference. It is the caller's to choose.
type RoomID uint64

// A room is a conference inside its worker: each member hears all others and not itself.
type room struct {
	id      RoomID
	members []*leg
	play    player
	played  [tickFrames]byte
	sum     [tickFrames]int32
	mix     [tickFrames]int16
	coded   [PCMA + 1]coded // what those hear who say nothing, once for all of them
}

// coded is 20 ms of sound in one codec.
type coded struct {
	fresh bool
	body  [tickFrames]byte
}

// roomGroup is the group of the legs of a conference: they live with one worker.
func roomGroup(id RoomID) uint64 { return 1<<63 | uint64(id) }

// Join has a leg take part in a conference, whatever it did before; a recording goes on. It ends with whatever else the leg is told to do, or
// with Close. The leg's codec must be G.711: another hears and says nothing.
func (e *Engine) Join(id LegID, in RoomID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.legs[id]
	if l == nil {
		return ErrNoLeg
	}
	if l.group != roomGroup(in) {
		g := e.groups[roomGroup(in)]
		if g == nil {
			g = &group{w: l.w}
			e.groups[roomGroup(in)] = g
		}
		e.regroup(l, roomGroup(in), g)
	}
	l.w.poll.post(l.w, func() { l.w.enter(l, in) })
	return nil
}

// Announce plays a Source once to all members of a conference, over their voices. A conference that nobody takes part in hears nothing.
func (e *Engine) Announce(in RoomID, src Source) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if g := e.groups[roomGroup(in)]; g != nil {
		g.w.poll.post(g.w, func() {
			if r := g.w.room(in); r != nil {
				r.play = player{src: src}
			}
		})
	}
}

// room finds a conference of the worker; nil: nobody is in it.
func (w *worker) room(id RoomID) *room {
	for _, r := range w.rooms {
		if r.id == id {
			return r
		}
	}
	return nil
}

// enter puts a leg into a conference, which is made if it is new.
func (w *worker) enter(l *leg, id RoomID) {
	if l.room != nil && l.room.id == id {
		return
	}
	l.quiet()
	r := w.room(id)
	if r == nil {
		r = &room{id: id}
		w.wind()
		w.rooms = append(w.rooms, r)
	}
	r.members = append(r.members, l)
	l.room, l.ear = r, &recorder{missing: fadeTicks}
}

// leaveRoom takes a leg out of its conference, if it is in one. The last one ends it.
func (l *leg) leaveRoom() {
	r := l.room
	if r == nil {
		return
	}
	l.room, l.ear, l.packing = nil, nil, nil
	l.out.unlink()
	r.members = slices.DeleteFunc(r.members, func(m *leg) bool { return m == l })
	if len(r.members) == 0 {
		l.w.rooms = slices.DeleteFunc(l.w.rooms, func(x *room) bool { return x == r })
	}
}

// tickRoom mixes 20 ms: the sum of all, and for each member that less its own voice.
func (w *worker) tickRoom(r *room) {
	r.sum = [tickFrames]int32{}
	for i := range r.coded {
		r.coded[i].fresh = false
	}
	for _, l := range r.members {
		if l.ear.next20() {
			add(&r.sum, l.ear.frame[:])
		}
	}
	if r.play.src != nil {
		n := r.play.fill(r.played[:], PCMU)
		for i, x := range r.played[:n] {
			r.sum[i] += int32(ulawLinear[x])
		}
		if n == 0 {
			r.play = player{}
		}
	}
	for _, l := range r.members {
		w.hear(l, r)
	}
}

func add(sum *[tickFrames]int32, pcm []int16) {
	for i, v := range pcm {
		sum[i] += int32(v)
	}
}

// hear sends a member what the others say.
func (w *worker) hear(l *leg, r *room) {
	codec := l.cfg.Codec
	if !l.ready || !l.cfg.Send || codec == Pass || l.dig != nil || l.over.src != nil {
		l.packing = l.packing[:0]
		return
	}
	body := w.scratch[rtpHeader : rtpHeader+tickFrames]
	if l.ear.missing > fadeTicks {
		c := &r.coded[codec]
		if !c.fresh {
			for i, v := range r.sum {
				r.mix[i] = clip(v)
			}
			codec.Encode(c.body[:0], r.mix[:])
			c.fresh = true
		}
		copy(body, c.body[:])
	} else {
		for i, v := range r.sum {
			r.mix[i] = clip(v - int32(l.ear.frame[i]))
		}
		codec.Encode(body[:0], r.mix[:])
	}
	w.sendTick(l, l.cfg.PT)
}

func clip(v int32) int16 { return int16(max(-32768, min(32767, v))) }

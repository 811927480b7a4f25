package app

import (
	"context"
	"slices"
	"sync"

	"onhook/media"
)

// A Conferee is a Session whose caller can take part in a conference.
type Conferee interface {
	// Join has the caller hear all others of the conference, and them hear the caller, until another verb that plays, or Quiet.
	Join(room media.RoomID) error
	// Announce plays a source to all of the conference.
	Announce(room media.RoomID, source media.Source) error
	// Talking says for the record that the caller talks with the parties of other calls, of these ids.
	Talking(others []string) error
}

// Rooms are the conferences that are going on, by their names. They outlive a change of the configuration.
type Rooms struct {
	mu   sync.Mutex
	all  map[string]*meeting
	last media.RoomID
}

// NewRooms makes rooms that nobody is in.
func NewRooms() *Rooms { return &Rooms{all: map[string]*meeting{}} }

// A meeting is those who are in one room.
type meeting struct {
	id      media.RoomID
	members []*conferee
}

// A conferee is one who is in a room.
type conferee struct {
	call      string
	moderator bool
	wake      chan struct{} // something has changed
	out       bool          // the conference has ended for it
}

// A standing is how things are for a member of a room.
type standing struct {
	room   media.RoomID
	others []string // the calls of the others
	begun  bool     // its moderator has come, where it waits for one
	over   bool     // it has ended
}

// enter takes a member in; false: the room is full.
func (r *Rooms) enter(name string, m *conferee, most int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[name]
	if x == nil {
		r.last++
		x = &meeting{id: r.last}
		r.all[name] = x
	}
	if most > 0 && len(x.members) >= most {
		return false
	}
	x.members = append(x.members, m)
	x.tell()
	return true
}

// leave takes a member out. With its last moderator a conference may end for all.
func (r *Rooms) leave(name string, m *conferee, ends bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[name]
	if x == nil {
		return
	}
	x.members = slices.DeleteFunc(x.members, func(o *conferee) bool { return o == m })
	if ends && m.moderator && !x.moderated() {
		for _, o := range x.members {
			o.out = true
		}
	}
	if len(x.members) == 0 {
		delete(r.all, name)
	}
	x.tell()
}

func (x *meeting) moderated() bool {
	return slices.ContainsFunc(x.members, func(m *conferee) bool { return m.moderator })
}

// tell wakes all members.
func (x *meeting) tell() {
	for _, m := range x.members {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// stands tells how things are for a member; waits: the conference begins with a moderator.
func (r *Rooms) stands(name string, m *conferee, waits bool) (s standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[name]
	if x == nil || m.out {
		return standing{over: true}
	}
	s = standing{room: x.id, begun: !waits || x.moderated()}
	for _, o := range x.members {
		if o != m {
			s.others = append(s.others, o.call)
		}
	}
	return s
}

// A Room is the application that has a caller take part in a conference.
type Room struct {
	Name    string
	Rooms   *Rooms
	Library *Library
	Music   func() media.Source

	PIN          string // asked for; empty: it is not
	ModeratorPIN string // makes a moderator of who enters it instead; empty: there are none
	Most         int    // members; 0: any number
	Announce     bool   // all hear a tone when somebody comes or leaves
	Waits        bool   // it begins when a moderator comes
	Ends         bool   // it ends when the last moderator leaves
}

// Run has the caller take part until it hangs up or the conference ends.
func (r *Room) Run(s Session) error {
	with, ok := s.(Conferee)
	if !ok {
		return s.Hangup("FACILITY_NOT_IMPLEMENTED")
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	if err := s.Stage("menu"); err != nil {
		return err
	}
	me := &conferee{call: s.Info().ID, wake: make(chan struct{}, 1)}
	allowed := false
	var err error
	if allowed, me.moderator, err = r.ask(s); err != nil || !allowed {
		return err
	}
	if !r.Rooms.enter(r.Name, me, r.Most) {
		if err := r.say(s, "conference-full"); err != nil {
			return err
		}
		return s.Hangup("NORMAL_CIRCUIT_CONGESTION room_full")
	}
	defer r.Rooms.leave(r.Name, me, r.Ends)
	return r.attend(s, with, me)
}

// ask has the caller enter a PIN, where one is needed; one who has none is hung up.
func (r *Room) ask(s Session) (allowed, moderator bool, err error) {
	if r.PIN == "" && r.ModeratorPIN == "" {
		return true, false, nil
	}
	if err := s.Node(r.Name); err != nil {
		return false, false, err
	}
	for range pinTries {
		if err := r.say(s, "enter-pin"); err != nil {
			return false, false, err
		}
		got, err := s.Digits(DigitOptions{Max: 16, Until: "#"})
		if err != nil {
			return false, false, err
		}
		switch {
		case r.ModeratorPIN != "" && got == r.ModeratorPIN:
			return true, true, nil
		case got == r.PIN:
			return true, false, nil
		}
		if err := r.say(s, "wrong-pin"); err != nil {
			return false, false, err
		}
	}
	return false, false, s.Hangup("End_In_IVR wrong_pin")
}

// say plays a prompt; a key ends it.
func (r *Room) say(s Session, prompt string) error {
	src, err := r.Library.Prompt(prompt)
	if err != nil {
		return nil //nolint:nilerr // a built-in prompt that a folder has spoilt: the call goes on
	}
	return s.Play(PlayOptions{Barge: true}, src)
}

// What a member has now.
const (
	nothingYet = iota
	waiting
	alone
	together
)

// attend is the member's time in the room.
func (r *Room) attend(s Session, with Conferee, me *conferee) error {
	has, known := nothingYet, 0
	defer func() {
		if st := r.Rooms.stands(r.Name, me, false); r.Announce && len(st.others) > 0 {
			_ = with.Announce(st.room, farewell()) // the call may be over: then the next who leaves is heard
		}
	}()
	for {
		st := r.Rooms.stands(r.Name, me, r.Waits)
		wants := together
		switch {
		case st.over:
			if err := r.say(s, "conference-ended"); err != nil {
				return err
			}
			return s.Hangup("End_In_IVR conference_ended")
		case !st.begun:
			wants = waiting
		case len(st.others) == 0:
			wants = alone
		}
		if err := r.change(s, with, &st, has, wants, known); err != nil {
			return err
		}
		has, known = wants, len(st.others)
		if err := rest(s.Context(), me.wake); err != nil {
			return err
		}
	}
}

// rest waits for a change.
func rest(ctx context.Context, wake <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ErrHungUp
	case <-wake:
		return nil
	}
}

// change gives the member what it is to have. Those who are there hear a tone for each that comes; who leaves says so itself.
func (r *Room) change(s Session, with Conferee, st *standing, has, wants, known int) error {
	if wants == together {
		if has != together {
			if err := with.Join(st.room); err != nil {
				return err
			}
		}
		if r.Announce && has == nothingYet {
			if err := with.Announce(st.room, welcome()); err != nil {
				return err
			}
		}
		if has == together && len(st.others) <= known {
			return nil
		}
		return with.Talking(st.others)
	}
	if has == wants {
		return nil
	}
	prompt := "conference-alone"
	if wants == waiting {
		prompt = "conference-waits"
	}
	// outcome/README section 1: "alone in it [...]: menu with its leaf reached".
	if err := s.Leaf(r.Name); err != nil {
		return err
	}
	if err := r.say(s, prompt); err != nil {
		return err
	}
	return s.Music(r.Music())
}

// welcome and farewell are the tones of coming and leaving, in Hz.
var (
	welcome  = sync.OnceValue(func() media.Source { return chime(660, 880) })
	farewell = sync.OnceValue(func() media.Source { return chime(880, 660) })
)

// chime is two notes.
func chime(first, second float64) media.Source {
	return media.NewClip(append(media.Tone(1200, 6000, first), media.Tone(1200, 6000, second)...))
}

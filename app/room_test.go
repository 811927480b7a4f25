package app

import (
	"testing"
	"time"

	"onhook/media"
)

// A guest is a fake that takes part in conferences; told has what it is given, a verb each.
type guest struct {
	*fake
	told chan string
}

func newGuest(id string, presses ...string) *guest {
	g := &guest{fake: newFake(presses...), told: make(chan string, 32)}
	g.info.ID = id
	return g
}

func (g *guest) Join(media.RoomID) error                   { g.told <- "join"; return nil }
func (g *guest) Announce(media.RoomID, media.Source) error { g.told <- "announce"; return nil }
func (g *guest) Talking([]string) error                    { g.told <- "talking"; return nil }
func (g *guest) Music(media.Source) error                  { g.told <- "music"; return nil }
func (g *guest) Hangup(cause string) error                 { g.told <- "hangup " + cause; return nil }
func (g *guest) Play(PlayOptions, ...media.Source) error   { return nil }

// expect waits for verbs in their order.
func (g *guest) expect(t *testing.T, verbs ...string) {
	t.Helper()
	for _, want := range verbs {
		select {
		case got := <-g.told:
			if got != want {
				t.Fatalf("%s: got %q, want %q", g.info.ID, got, want)
			}
		case <-time.After(patience):
			t.Fatalf("%s: nothing more, want %q", g.info.ID, want)
		}
	}
}

func TestRoomTellsItsMembersHowThingsStand(t *testing.T) {
	r := &Room{
		Name: "board", Rooms: NewRooms(), Library: NewLibrary("", ""), Music: music, Announce: true, Most: 2,
		PIN: "1234", ModeratorPIN: "4321", Waits: true, Ends: true,
	}
	ended := make(chan error, 4)
	enter := func(g *guest) { ended <- r.Run(g) }
	a, m := newGuest("a", "1234"), newGuest("m", "0000", "4321")
	go enter(a)
	a.expect(t, "music") // it waits for the moderator
	go enter(m)
	m.expect(t, "join", "announce", "talking")
	a.expect(t, "join", "talking")
	full := newGuest("full", "1234")
	go enter(full)
	full.expect(t, "hangup NORMAL_CIRCUIT_CONGESTION room_full")
	wrong := newGuest("wrong", "1", "2", "3")
	go enter(wrong)
	wrong.expect(t, "hangup End_In_IVR wrong_pin")
	m.cancel() // it hangs up
	m.expect(t, "announce")
	a.expect(t, "hangup End_In_IVR conference_ended")
	for range 4 {
		<-ended
	}
	if r.Rooms.mu.Lock(); len(r.Rooms.all) != 0 {
		t.Errorf("%d rooms are left, want none", len(r.Rooms.all))
	}
	r.Rooms.mu.Unlock()
}

// A placed guest tells where it is, too.
type placed struct{ *guest }

func (p placed) Stage(name string) error { p.told <- "stage " + name; return nil }
func (p placed) Leaf(name string) error  { p.told <- "leaf " + name; return nil }

// TestWhoIsLeftAloneInARoomIsAtItsLeafAtOnce: outcome/README section 1, "alone in it [...]: menu with its leaf
// reached"; whoever hangs up in that moment has not left a menu that asks something.
func TestWhoIsLeftAloneInARoomIsAtItsLeafAtOnce(t *testing.T) {
	r := &Room{Name: "talk", Rooms: NewRooms(), Library: NewLibrary("", ""), Music: music}
	ended := make(chan error, 2)
	a, b := placed{newGuest("a")}, newGuest("b")
	go func() { ended <- r.Run(a) }()
	a.expect(t, "stage menu", "leaf talk", "music")
	go func() { ended <- r.Run(b) }()
	b.expect(t, "join", "talking")
	a.expect(t, "join", "talking")
	b.cancel()
	a.expect(t, "leaf talk", "music")
	a.cancel()
	<-ended
	<-ended
}

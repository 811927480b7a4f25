package exchange

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// told has a command done as the loop would, while the test turns it.
func (r *rig) told(f func() error) error {
	r.t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	limit := time.After(patience)
	for {
		select {
		case <-r.x.box.wake:
			r.turn()
		case err := <-done:
			return err
		case <-limit:
			r.t.Fatal("the command was never done")
		}
	}
}

func (r *rig) blocks() (list []Block) {
	r.t.Helper()
	if err := r.told(func() (err error) {
		list, err = r.x.Blocks(r.t.Context())
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return list
}

func TestBlocksAreSeenAndRemoved(t *testing.T) {
	r := withUsers(t)
	const attacker = "198.51.100.7:4444"
	if got := r.blocks(); len(got) != 0 {
		t.Fatalf("before anything: %+v", got)
	}
	for i := range 100 {
		if r.asUser(attacker, "REGISTER", fmt.Sprint("g", i), fmt.Sprint(100+i%7), "guess") == 0 {
			break
		}
	}
	got := r.blocks()
	if len(got) != 1 || got[0].Source != "198.51.100.7" || got[0].Times != 1 || !got[0].Until.Equal(r.now.Add(blockFirst)) {
		t.Fatalf("%+v", got)
	}
	unblock := func(a string) error {
		return r.told(func() error { return r.x.Unblock(t.Context(), netip.MustParseAddr(a), "test") })
	}
	if err := unblock("198.51.100.8"); !errors.Is(err, ErrNotBlocked) {
		t.Errorf("another address: %v", err)
	}
	if err := unblock("198.51.100.7"); err != nil {
		t.Fatal(err)
	}
	if got := r.blocks(); len(got) != 0 {
		t.Errorf("after it was removed: %+v", got)
	}
	if got := r.asUser(attacker, "REGISTER", "again", "100", "100-horse"); got != 200 {
		t.Errorf("the right password gets %d", got)
	}
	if err := unblock("198.51.100.7"); !errors.Is(err, ErrNotBlocked) {
		t.Errorf("a second time: %v", err)
	}
}

func TestBlocksThatAreOverAreNotListed(t *testing.T) {
	r := withUsers(t)
	for range guessesAllowed + 1 {
		r.x.guard.wrong(r.now, "100", netip.MustParseAddrPort("[2001:db8::1]:5060"))
	}
	if got := r.blocks(); len(got) != 1 || got[0].Source != "2001:db8::/64" {
		t.Errorf("%+v", got)
	}
	r.pass(blockFirst + time.Second)
	if got := r.blocks(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheLoadIsNothingWithoutCalls(t *testing.T) {
	r := newRig(t, nil)
	load := func() (l Load) {
		if err := r.told(func() (err error) {
			l, err = r.x.Load(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return l
	}
	tag := r.talk("c")
	if l := load(); l.Calls != 1 || l.Dialogs != 2 || l.Limits == 0 || l.Goroutines == 0 {
		t.Errorf("with a call: %+v", l)
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.pass(5 * time.Minute)
	if l := load(); l.Calls+l.Unsaved+l.Transactions+l.Dialogs+l.Limits != 0 {
		t.Errorf("afterwards: %+v", l)
	}
}

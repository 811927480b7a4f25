package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"onhook/route"
)

// fakeTimetable is one timetable, office, closed by the clock.
type fakeTimetable struct{ state TimetableState }

func (f *fakeTimetable) Timetable(name string) (TimetableState, error) {
	if name != "office" {
		return TimetableState{}, ErrNoTimetable
	}
	return f.state, nil
}

func (f *fakeTimetable) SwitchTimetable(_ context.Context, name string, to route.Switch, by string) (TimetableState, error) {
	f.state.Switch, f.state.SwitchedBy, f.state.Open = to, by, to == route.SwitchedOpen
	return f.Timetable(name)
}

func TestHoursCode(t *testing.T) {
	for _, c := range []struct {
		dialled, pressed, said string
		want                   route.Switch
	}{
		{"*281", "", "stage menu / answer / leaf hours office open / hangup End_In_IVR", route.SwitchedOpen},
		{"*282", "", "stage menu / answer / leaf hours office closed / hangup End_In_IVR", route.SwitchedClosed},
		{"*280", "", "stage menu / answer / leaf hours office clock / hangup End_In_IVR", route.ByClock},
		{"*28", "1", "stage menu / answer / node hours office / leaf hours office open / hangup End_In_IVR", route.SwitchedOpen},
		{"*28", "9", "stage menu / answer / node hours office / leaf hours office clock / hangup End_In_IVR", route.ByClock},
		{"*28", "", "stage menu / answer / node hours office / leaf hours office clock / hangup End_In_IVR", route.ByClock},
	} {
		f := newFake(c.pressed)
		f.info.User, f.info.Dialled = "100", c.dialled
		hours := &fakeTimetable{TimetableState{Name: "office", Switch: route.ByClock}}
		code := &HoursCode{Timetable: "office", Text: "*28", Library: NewLibrary("", ""), Hours: hours}
		if err := code.Run(f); err != nil || f.text() != c.said || hours.state.Switch != c.want {
			t.Errorf("%s %s: %s, %q, %v, want %s, %q", c.dialled, c.pressed, f.text(), hours.state.Switch, err, c.said, c.want)
		}
		if changed := c.dialled != "*28" || c.pressed == "1"; changed != (hours.state.SwitchedBy == "user 100") {
			t.Errorf("%s %s: switched by %q", c.dialled, c.pressed, hours.state.SwitchedBy)
		}
	}
}

func TestHoursCodeIsForExtensions(t *testing.T) {
	f := newFake("1")
	if err := (&HoursCode{Timetable: "office"}).Run(f); err != nil || f.text() != "hangup OUTGOING_CALL_BARRED" {
		t.Errorf("%s, %v", f.text(), err)
	}
}

func TestHoursCodeOfATimetableThatIsGone(t *testing.T) {
	f := newFake("1")
	f.info.User, f.info.Dialled = "100", "*281"
	code := &HoursCode{Timetable: "shop", Text: "*28", Library: NewLibrary("", ""), Hours: &fakeTimetable{}}
	if err := code.Run(f); !errors.Is(err, ErrNoTimetable) {
		t.Errorf("%v", err)
	}
}

func TestHoursAreSaid(t *testing.T) {
	l := NewLibrary("", "")
	for _, open := range []bool{true, false} {
		for _, by := range []route.Switch{route.ByClock, route.SwitchedOpen} {
			if _, err := l.Prompts(said(TimetableState{Open: open, Switch: by})...); err != nil {
				t.Error(err)
			}
		}
	}
	if got := said(TimetableState{Open: true, Switch: route.ByClock}); !slices.Equal(got, []string{"hours-open", "hours-clock"}) {
		t.Errorf("%q", got)
	}
}

func TestQueueOutsideItsHours(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "support", Agents: []string{"100"}, LoggedIn: true})
	for _, c := range []struct{ to, said string }{
		{"voicemail:100", "node closed / transfer voicemail:100"},
		{"", "stage menu / answer / leaf closed / hangup End_In_IVR"},
	} {
		f := newFake("")
		a := &Waiting{Queue: d.f.Queue("support"), Library: NewLibrary("", ""), Closed: c.to, Hours: func(at time.Time) bool { return !at.Equal(d.now) }}
		if err := a.Run(f); err != nil || f.text() != c.said {
			t.Errorf("to %q: %s, %v, want %s", c.to, f.text(), err, c.said)
		}
	}
	state, err := d.f.State(t.Context())
	if err != nil || state.Queues[0].Offered != 0 {
		t.Errorf("%+v, %v: who came outside the hours was counted", state, err)
	}
}

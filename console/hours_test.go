package console

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/exchange"
	"onhook/route"
)

// fakeHours has one timetable, whose name strangers have chosen, and another that was switched.
type fakeHours struct{ to route.Switch }

func (h *fakeHours) Timetables() []app.TimetableState {
	until := t0.Add(4 * time.Hour)
	shop := app.TimetableState{Name: "shop", Zone: "Europe/Berlin", Open: true, Switch: route.ByClock, Until: &until}
	if h.to != "" {
		shop.Switch, shop.Open, shop.SwitchedBy, shop.SwitchedAt = h.to, h.to == route.SwitchedOpen, "console", &until
	}
	return []app.TimetableState{shop, {Name: strange, Zone: strange, Switch: route.SwitchedClosed, Day: strange, SwitchedBy: strange, SwitchedAt: &until, Code: strange}}
}

func (h *fakeHours) SwitchTimetable(_ context.Context, name string, to route.Switch, _ string) (app.TimetableState, error) {
	if name != "shop" {
		return app.TimetableState{}, app.ErrNoTimetable
	}
	h.to = to
	return h.Timetables()[0], nil
}

// plain is the text of a page, with single spaces.
func plain(page string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
}

func TestHoursAreShownAndSwitched(t *testing.T) {
	x := newSite(t)
	x.signIn()
	text := plain(x.send("/hours", nil).body)
	// t0 is 12:00 UTC in winter; Berlin is an hour ahead.
	for _, want := range []string{"shop open", "By the clock, until 2026-03-01 16:00:00", "changes next on Sun 1 Mar, 17:00 there", "Closed by hand until it is switched again"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	r := x.send("/hours/shop", url.Values{"switch": {"closed"}})
	if at := r.header.Get("Location"); r.status != 303 || !strings.HasPrefix(at, "/hours?said=shop+is+closed+until") {
		t.Errorf("closed by hand: %d to %s\n%s", r.status, at, r.body)
	}
	if text := plain(x.send("/hours", nil).body); !strings.Contains(text, "shop closed Closed by hand until it is switched again: console") {
		t.Errorf("after that the page says %s", text)
	}
	for path, want := range map[string]int{"/hours/shop?switch=shut": 422, "/hours/nobody?switch=open": 404} {
		path, query, _ := strings.Cut(path, "?")
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if r := x.send(path, form); r.status != want {
			t.Errorf("%s %s: %d, want %d", path, query, r.status, want)
		}
	}
}

// TestPromptsThatWereMadeHereAreOffered: on the forms of a call that is up.
func TestPromptsThatWereMadeHereAreOffered(t *testing.T) {
	x := newSite(t)
	x.signIn()
	for _, path := range []string{"/", "/calls/" + liveID + "?do=play"} {
		if body := x.send(path, nil).body; strings.Contains(body, "datalist") || strings.Contains(body, ` list="`) {
			t.Errorf("%s offers prompts, and none was made", path)
		}
	}
	if _, err := x.shelf.Set("closed-today", make([]int16, 800)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/calls/" + liveID + "?do=play"} {
		if body := x.send(path, nil).body; !strings.Contains(body, `list="made"><datalist id="made"><option value="closed-today">`) {
			t.Errorf("%s does not offer the prompt", path)
		}
	}
}

func (x *fakeExchange) LiveEvidence(context.Context, string) ([]call.Event, error) {
	return nil, exchange.ErrNotFound
}

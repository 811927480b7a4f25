package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onhook/outcome"
)

// always and never are timetables that do not depend on when a test runs.
const hoursRoutes = `  - {match: "500", to: "user:101", hours: always, closed: "user:102"}
  - {match: "501", to: "user:101", hours: never}
  - {match: "501", to: "user:103"}
  - {match: "502", to: "menu:main"}
  - {match: "503", to: "queue:shut"}
  - {match: "504", to: "queue:sent"}
  - {match: "50[567]", to: "user:101"}
`

const hoursConfig = `
hours:
  - {name: always, open: mon-sun 00:00-24:00, code: "*28"}
  - {name: never, open: mon-sun 00:00-24:00, closed: [{name: renovation, date: 01-01..12-31}]}
groups:
  - {name: "200", members: ["102"], hours: never, closed: "user:104"}
menus:
  - {name: main, ask: [welcome], keys: [{key: "1", to: "user:101"}], hours: never, closed: "user:103"}
queues:
  - {name: shut, agents: ["101"], hours: never}
  - {name: sent, agents: ["101"], hours: never, closed: "user:104"}
policies:
  outgoing:
    - {numbers: ["505", "507"], outside: always}
    - {numbers: ["506"], outside: never}
  features:
    - {numbers: ["*28*"], users: ["100"]}
`

// rings checks at whom a call rings that is answered there.
func (o *office) rings(number, at string) {
	o.t.Helper()
	a := o.dial("100", number)
	b := o.answers(at)
	o.must(a.WaitAnswered(o.ctx))
	o.must(b.Hangup(o.ctx)) // after its own 200; a may have been answered by a menu before
	o.ended(a)
}

// barred checks that extension 100 may not call a number, and what its record says.
func (o *office) barred(number, why string) {
	o.t.Helper()
	if i := o.ended(o.dial("100", number)); i.Code != 403 {
		o.t.Errorf("the call to %s got %d, want 403", number, i.Code)
	}
	r := o.recordOf(number)
	refusedBy("Call Failed", "OUTGOING_CALL_BARRED", "", 403, 403).check(o.t, r)
	if !slices.ContainsFunc(r.Evidence, func(e outcome.Evidence) bool { return strings.Contains(e.Text, why) }) {
		o.t.Errorf("the evidence of the call to %s does not say %q: %+v", number, why, r.Evidence)
	}
}

// outOfHours checks that a record says why its call went elsewhere.
func outOfHours(t *testing.T, r outcome.Record, want string) {
	t.Helper()
	if want = "out of hours: " + want; !slices.Contains(r.Notes, want) {
		t.Errorf("the record of the call to %s has the notes %q, want %q", r.To.Number, r.Notes, want)
	}
}

func TestHoursOfRoutesGroupsMenusAndQueues(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, hoursRoutes, hoursConfig)
	o.patient()
	o.rings("500", "101")
	for _, c := range []struct{ number, at string }{{"501", "103"}, {"200", "104"}} {
		o.rings(c.number, c.at)
		outOfHours(t, o.recordOf(c.number), "never is closed (renovation)")
	}
	if r := o.recordOf("500"); len(r.Notes) != 0 {
		t.Errorf("a call within the hours has the notes %q", r.Notes)
	}

	o.rings("502", "103") // the menu has answered it
	o.rings("504", "104")
	a := o.reaches("100", "503")
	o.loud(a) // the prompt that says so
	o.ended(a)
	r := o.recordOf("503")
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, r)
	for _, s := range r.Segments {
		if s.Stage == "queue" {
			t.Errorf("a caller whom the queue never took was in it: %+v", r.Segments)
		}
	}
}

func TestHoursAreSwitchedByHand(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, hoursRoutes, hoursConfig)
	o.patient()
	o.rings("507", "101")
	o.barred("506", "policies.outgoing[1] bars extension 100 from calling 506 outside the hours never")
	o.code("100", "*282")
	o.rings("500", "102")
	o.barred("505", "policies.outgoing[0] bars extension 100 from calling 505 outside the hours always")
	outOfHours(t, o.recordOf("500"), "always is closed (switched by hand)")

	// Whoever has not got the feature switches nothing.
	if i := o.ended(o.dial("101", "*281")); i.Code != 403 {
		t.Errorf("an extension without the feature got %d, want 403", i.Code)
	}

	// By the API another is opened.
	c := o.api()
	c.put("/v1/hours/never", `{"switch":"open"}`, `"switch":"open","day":"renovation"`)
	o.rings("200", "102")

	o.server.kill()
	o.server.run()
	for _, p := range o.phones {
		o.must(p.Close())
	}
	o.connectPhones()
	o.rings("500", "102")
	if out := o.onhook("hours", "always"); !strings.Contains(out, "closed") || !strings.Contains(out, "user 100") {
		t.Errorf("onhook hours says\n%s", out)
	}

	// By the command line the clock counts again.
	o.rings("200", "102")
	if out := o.onhook("hours", "never", "clock"); !strings.Contains(out, "renovation") || !strings.Contains(out, "the clock") {
		t.Errorf("onhook hours never clock says\n%s", out)
	}
	o.rings("200", "104")
	o.onhook("hours", "always", "clock")
	o.rings("500", "101")
	if out := o.onhook("audit"); !strings.Contains(out, "switch-hours") {
		t.Errorf("the audit log has not who switched:\n%s", out)
	}

	// Alone the code says the state and asks for a key.
	a := o.reaches("100", "*28")
	o.loud(a)
	o.must(a.Digits(o.ctx, "2"))
	o.ended(a)
	o.rings("500", "102")
}

// put sends JSON and checks what the answer holds.
func (c *apiClient) put(path, body, want string) {
	c.t.Helper()
	if got := c.send(200, "PUT", path, body); !strings.Contains(got, want) {
		c.t.Fatalf("PUT %s: %s, want %s", path, got, want)
	}
}

func TestCheckFindsWrongHours(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "onhook.yaml")
	text := "hours:\n  - {name: a, open: [mon 17:00-09:00]}\n  - {name: b, open: [mon-fri 09:00-17:00, tue 16:00-18:00]}\nroutes:\n  - {match: \"1\", to: echo, hours: c}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(binary, "check", "-c", file).CombinedOutput()
	if err == nil {
		t.Error("check found nothing")
	}
	out := string(said)
	for _, want := range []string{"2:22: hours[0].open[0]", "it ends before it begins", "3:43: hours[1].open[1]", "on tue it overlaps 09:00-17:00", `5:35: routes[0].hours: got "c"`} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}
}

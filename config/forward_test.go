package config

import (
	"strings"
	"testing"
	"time"

	"onhook/route"
)

const forwardingUsers = `
users:
  - {name: "100", password: secret-100}
  - name: "101"
    password: secret-101
    forward: {always: "100", busy: "user:100", no_answer: "+4930123", unreachable: "echo", ring: 15s}
`

func TestForwardsAreRead(t *testing.T) {
	c, err := Parse("x.yaml", []byte(forwardingUsers))
	if err != nil {
		t.Fatal(err)
	}
	want := Forward{Always: "100", Busy: "user:100", NoAnswer: "+4930123", Unreachable: "echo", Ring: 15 * time.Second}
	if got := c.Users[1].Forward; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Place("voicemail").Of("101"); got != "voicemail:101" {
		t.Errorf("voicemail of 101 is %s", got)
	}
}

func TestForwardsAndCodesAreChecked(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`forward: {busy: "user:109"}`, `users[1].forward.busy: got "user:109", want the name of one of the users here`},
		{`forward: {busy: "101"}`, `users[1].forward.busy: got "101", want somebody else`},
		{`forward: {always: "user:101"}`, `users[1].forward.always: got "user:101", want somebody else`},
		{`forward: {always: "usr:100"}`, `users[1].forward.always: got "usr:100", want a number`},
		{`forward: {allways: "100"}`, `did you mean always?`},
		{`forward: {always: "1 0"}`, `users[1].forward.always: got "1 0", want a number`},
	} {
		got := strings.Join(lines(t, "users:\n  - {name: \"100\", password: secret-100}\n  - {name: \"101\", password: secret-101, "+c.text+"}\n"), "\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
	for text, want := range map[string]string{
		`codes: {dnd_on: "*21"}`: "codes.forward_always has this one",
		`codes: {pickup: "* 8"}`: `codes.pickup: got "* 8"`,
		`speed: [{code: "*501", number: "1"}, {code: "*501", number: "2"}]`: `speed[1].code: got "*501" a second time`,
		`parking: {slots: ["701", "701"]}`:                                  `parking.slots[1]: got "701" a second time`,
		`parking: {slots: ["7 1"]}`:                                         `parking.slots[0]: got "7 1"`,
		`speed: [{code: "*501", number: "*501"}]`:                           `speed[0].number: got "*501", want another number`,
	} {
		if got := strings.Join(lines(t, text+"\n"), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestALongerCodeIsMatchedBeforeAShorterOne(t *testing.T) {
	c, err := Parse("x.yaml", []byte("codes: {pickup: \"*7\", forward_always: \"\"}\n"+forwardingUsers))
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"*78": "code:dnd_on", "*7": "code:pickup", "*7101": "code:pickup", "*61555": "code:forward_no_answer", "#21": "code:forward_off"} {
		p := table.Plan(route.Moment{}, route.Caller{User: "100"}, number)
		if p.Refused() || p.Steps[0].Targets[0].Name != want {
			t.Errorf("%s leads to %+v, want %s", number, p, want)
		}
	}
	if p := table.Plan(route.Moment{}, route.Caller{User: "100"}, "*21100"); !p.Refused() {
		t.Errorf("a code that is off leads to %+v", p)
	}
}

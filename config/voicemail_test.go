package config

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExampleOfVoicemailLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/voicemail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("voicemail.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	if got := c.Mailboxes(); !slices.Equal(got, []string{"100", "101"}) {
		t.Errorf("got the mailboxes %v", got)
	}
	for _, want := range []string{"voicemail:100", "voicemail:101", "voicemail"} {
		if !slices.Contains(c.Apps(), want) {
			t.Errorf("there is no destination %s among %v", want, c.Apps())
		}
	}
}

func TestVoicemailErrors(t *testing.T) {
	got := lines(t, `users:
  - {name: "100", password: secret-enough, pin: "4711"}
  - {name: "101", password: secret-enough, voicemail: true, pin: "47a1", email: "Anna <a@b.example>"}
routes:
  - {match: "1", to: "voicemail:100"}
  - {match: "2", to: "voicemial:101"}
voicemail: {min: 10s, max: 5s, hook: "ftp://x", from: "nobody"}
`)
	want := []string{
		`x.yaml:2:5: users[0]: got pin or email without a mailbox, want voicemail: true`,
		`x.yaml:3:66: users[1].pin: got a secret, want 4 to 16 digits`,
		`x.yaml:3:81: users[1].email: got "Anna <a@b.example>", want a mail address such as anna@example.com`,
		`x.yaml:5:22: routes[0].to: got "voicemail:100", want an application that is configured (did you mean voicemail:101?)`,
		`x.yaml:6:22: routes[1].to: got "voicemial:101", want user:NAME, group:NAME, trunk:NAME, menu:NAME, voicemail:NAME, queue:NAME, hook:NAME, app:NAME, room:NAME, agent:ACTION, sip:ADDRESS, voicemail or echo (did you mean voicemail:101?)`,
		`x.yaml:7:18: voicemail.min: got 10s, want at most voicemail.max, 5s`,
		`x.yaml:7:38: voicemail.hook: got "ftp://x", want an address such as https://mail.example.com/voicemail`,
		`x.yaml:7:55: voicemail.from: got "nobody", want a mail address such as anna@example.com`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

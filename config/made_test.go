package config

import (
	"slices"
	"strings"
	"testing"
)

const madeBase = `
users:
  - {name: "100", password: "swordfish1", forward: {no_answer: "user:101"}}
  - {name: "101", password: "opensesame2"}
groups: [{name: sales, members: ["100"]}, {name: all, members: [sales, "101"]}]
trunks: [{name: carrier, address: "sip.example.net:5070"}]
routes: [{match: "9(\\d+)", to: trunk:carrier}]
`

func parsed(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func made(name string, groups ...string) MadeUser {
	return MadeUser{Name: name, HA1: HA1{SHA256: Hash(strings.Repeat("a", 64))}, Groups: groups}
}

func TestExtensionsMadeBesideTheFile(t *testing.T) {
	c := parsed(t, madeBase)
	all, left, warnings := c.With([]MadeUser{made("105", "sales"), made("106", "sales", "gone")})
	if len(left) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0], `106`) || !strings.Contains(warnings[0], `"gone"`) {
		t.Errorf("left %v, warnings %q", left, warnings)
	}
	if got := userNames(all); !slices.Equal(got, []string{"100", "101", "105", "106"}) {
		t.Errorf("users %q", got)
	}
	if got := all.Groups[0].Members; !slices.Equal(got, []string{"100", "105", "106"}) {
		t.Errorf("members %q", got)
	}
	if len(c.Users) != 2 || !slices.Equal(c.Groups[0].Members, []string{"100"}) {
		t.Error("the file's configuration was changed")
	}
	u := all.Users[2]
	if want := c.Users[1]; u.Video != want.Video || u.Fax != want.Fax || u.Watch != want.Watch || u.Record != want.Record || !u.Video {
		t.Errorf("it lacks the defaults that one of the file has: %+v", u)
	}
}

func TestTheFileWinsOverExtensionsMadeBesideIt(t *testing.T) {
	for _, text := range []string{madeBase, madeBase + "parking: {slots: [\"105\"]}\n"} {
		c := parsed(t, text)
		all, left, _ := c.With([]MadeUser{made("101"), made("sales"), made("1 2"), made("107"), made("107")})
		if got := userNames(all); !slices.Equal(got, []string{"100", "101", "107"}) {
			t.Errorf("users %q", got)
		}
		for _, name := range []string{"101", "sales", "1 2", "107"} {
			if !strings.Contains(left[name], "wanted") {
				t.Errorf("%q was left out with the words %q", name, left[name])
			}
		}
	}
}

func TestPlacesThatAnExtensionMaySendItsCallsTo(t *testing.T) {
	c := parsed(t, madeBase+"voicemail: {min: 2s}\n")
	c.Users[0].Voicemail = true
	for text, want := range map[string]string{
		"4930123456": "4930123456", "101": "101", "voicemail": "voicemail:100", "user:101": "user:101", "group:sales": "group:sales", "echo": "echo",
	} {
		place, destination, err := c.CheckPlace("100", text)
		if err != nil || place != want || destination != (want != text || strings.Contains(text, ":") || text == "echo") {
			t.Errorf("%q: %q, %v, %v", text, place, destination, err)
		}
	}
	for _, text := range []string{"100", "user:100", "user:999", "queue:none", "trunk:carrier", "sip:x@192.0.2.1", "a b", "1\r\nX: y"} {
		if place, _, err := c.CheckPlace("100", text); err == nil {
			t.Errorf("%q was taken as %q", text, place)
		}
	}
	if _, _, err := c.CheckPlace("101", "voicemail"); err == nil {
		t.Error("an extension without a mailbox has its calls go there")
	}
}

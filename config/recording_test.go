package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfRecordingsAndRoomsLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/recordings.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("recordings.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if c.Users[0].Record != RecordAlways || c.Users[1].Record != RecordOnDemand || c.Users[2].Record != RecordNever || c.Recording.Keep != 90*24*time.Hour || !c.Records() {
		t.Errorf("users %+v, recording %+v", c.Users, c.Recording)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"800": "room:talk", "801": "room:board"} {
		if p := table.Plan(route.Moment{}, route.Caller{User: "101"}, number); len(p.Steps) != 1 || p.Steps[0].Targets[0].Name != want {
			t.Errorf("%s leads to %+v, want %s", number, p, want)
		}
	}
}

func TestRecordingsAndRoomsAreChecked(t *testing.T) {
	for file, want := range map[string]string{
		"recording: {code: \"*x\"}\n":                                                        "recording.code",
		"users: [{name: a, password: long-enough-1, record: sometimes}]\n":                   "users[0].record",
		"rtp: {relay: false}\nusers: [{name: a, password: long-enough-1, record: always}]\n": "rtp.relay",
		"rooms: [{name: a b}]\n":                                                             "rooms[0].name",
		"rooms: [{name: a}, {name: a}]\n":                                                    "rooms[1].name",
		"rooms: [{name: a, number: \"8\"}, {name: b, number: \"8\"}]\n":                      "rooms[1].number",
		"rooms: [{name: a, number: u}]\nusers: [{name: u, password: long-enough-1}]\n":       "rooms[0].number",
		"rooms: [{name: a, pin: \"12\"}]\n":                                                  "rooms[0].pin",
		"rooms: [{name: a, moderator_pin: abcd}]\n":                                          "rooms[0].moderator_pin",
		"rooms: [{name: a, pin: \"1234\", moderator_pin: \"1234\"}]\n":                       "rooms[0].moderator_pin",
		"rooms: [{name: a, wait_for_moderator: true}]\n":                                     "rooms[0]",
		"rooms: [{name: a}]\nroutes: [{match: \"1\", to: \"room:b\"}]\n":                     "routes[0].to",
	} {
		_, err := Parse("x.yaml", []byte(file))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error at %s", file, err, want)
		}
	}
}

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogInAndOut(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "a", Agents: []string{"1"}}, QueueOptions{Name: "b", Agents: []string{"1", "2"}})
	if _, why := d.f.Queue("a").enter(Info{}); why != "no_agent" {
		t.Errorf("a queue without agents says %q", why)
	}
	for _, test := range []struct{ name, action, queue, want string }{
		{"3", Login, "", "is an agent of no queue"},
		{"2", Login, "a", "there is no such queue"},
		{"1", "go", "", "want login, logout, pause or resume"},
		{"1", Login, "b", ""},
	} {
		err := d.f.Agent(test.name, test.action, test.queue)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v: %v", test, err)
		}
	}
	if _, why := d.f.Queue("a").enter(Info{}); why != "no_agent" {
		t.Errorf("logged in at b, and a says %q", why)
	}
	w := d.comes("b", "x")
	d.rings(w, "1")
	d.f.missed(w, "NO_ANSWER")
	if err := d.f.Agent("1", Logout, ""); err != nil {
		t.Fatal(err)
	}
	d.f.take(w)
	d.f.missed(w, "NO_ANSWER")
	d.pass(time.Minute)
	d.rings(w)
	s, _ := d.f.State(context.Background())
	if s.Agents[0].State != "logged_out" || s.Queues[1].LoggedIn != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWhatAgentsSaidOutlivesARestart(t *testing.T) {
	queues := []QueueOptions{{Name: "a", Agents: []string{"1", "2"}, LoggedIn: true}, {Name: "b", Agents: []string{"1"}}}
	var kept map[string]AgentKept
	first := NewFloor(FloorOptions{Keep: func(all map[string]AgentKept) { kept = all }})
	first.Configure(queues)
	for _, say := range [][3]string{{"1", Logout, "a"}, {"1", Login, "b"}, {"2", Pause, ""}} {
		if err := first.Agent(say[0], say[1], say[2]); err != nil {
			t.Fatal(err)
		}
	}
	second := NewFloor(FloorOptions{Kept: kept})
	second.Configure(append(queues, QueueOptions{Name: "c", Agents: []string{"1"}, LoggedIn: true}))
	s, err := second.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range s.Agents {
		got = append(got, fmt.Sprint(a.Name, " ", a.State, " ", a.Queues))
	}
	if want := []string{"1 free [b c]", "2 paused [a]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

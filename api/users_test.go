package api

import (
	"context"
	"maps"
	"strings"
	"testing"
)

// fakePeople has 100 of the file and 105 that was made here.
type fakePeople struct {
	cards map[string]Card
	last  UserChange
	by    string
}

func newPeople() *fakePeople {
	return &fakePeople{cards: map[string]Card{"100": {Source: "config", Voicemail: true}, "101": {Source: "config"}, "105": {Source: "api"}}}
}

func (p *fakePeople) Cards() map[string]Card { return maps.Clone(p.cards) }

func (p *fakePeople) made(name, by string) error {
	switch c, there := p.cards[name]; {
	case !there:
		return ErrNoUser
	case c.Source == "config":
		return ErrUserInFile
	}
	p.by = by
	return nil
}

func (p *fakePeople) Change(_ context.Context, name string, c UserChange, by string) error {
	p.last, p.by = c, by
	if c.Always.Value == "nowhere" {
		return &UserError{Field: "forward.always", Why: "expected a number that the extension may dial"}
	}
	if c.Owned() {
		return p.made(name, by)
	}
	if _, there := p.cards[name]; !there {
		return ErrNoUser
	}
	return nil
}

func (p *fakePeople) Add(_ context.Context, name string, _ Card, _, by string) (string, error) {
	if name == "100" {
		return "", ErrUserExists
	}
	p.by = by
	return "secret-word", nil
}

func (p *fakePeople) Remove(_ context.Context, name, by string) error { return p.made(name, by) }

func (p *fakePeople) Password(_ context.Context, name, by string) (string, error) {
	return "secret-word", p.made(name, by)
}

func TestAPatchTellsWhatIsLeftOutFromNull(t *testing.T) {
	s, keys := newSite(t)
	r := s.ask("PATCH", "/v1/users/100", keys["users:write"], `{"dnd":true,"forward":{"always":"102","busy":null,"no_answer":""}}`)
	u := decode[User](t, r)
	if u.Name != "100" || u.Source != "config" || !u.Voicemail {
		t.Errorf("%+v", u)
	}
	c := s.people.last
	if c.Owned() || !c.DND.Sent || !c.DND.Value || c.DND.Null || c.Always.Value != "102" || !c.Busy.Sent || !c.Busy.Null || !c.NoAnswer.Sent || c.NoAnswer.Null || c.Unreachable.Sent {
		t.Errorf("%+v", c)
	}
	if s.people.by != "key users-write" {
		t.Errorf("by %q", s.people.by)
	}
	decode[User](t, s.ask("PATCH", "/v1/users/100", keys["users:write"], `{"dnd":null}`, "Content-Type: application/merge-patch+json"))
	if c := s.people.last; !c.DND.Null || c.Always.Sent {
		t.Errorf("%+v", c)
	}
}

func TestExtensionsOfTheAPI(t *testing.T) {
	s, keys := newSite(t)
	key := keys["users:write"]
	r := s.ask("POST", "/v1/users", key, `{"name":"101"}`, "Idempotency-Key: k1")
	made := decode[NewUser](t, r)
	if r.status != 201 || made.Password != "secret-word" || r.header.Get("Location") != "/v1/users/101" {
		t.Errorf("%d %+v %v", r.status, made, r.header)
	}
	if again := s.ask("POST", "/v1/users", key, `{"name":"101"}`, "Idempotency-Key: k1"); again.body != r.body || again.status != 201 {
		t.Errorf("a repetition: %d %s", again.status, again.body)
	}
	if p := decode[NewPassword](t, s.ask("POST", "/v1/users/105/password", key, "")); p.Password != "secret-word" {
		t.Errorf("%+v", p)
	}
	if r := s.ask("GET", "/v1/users/101", keys["system:read"], ""); strings.Contains(r.body, "secret") || r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, x := range []struct {
		method, path, body, code string
		status                   int
	}{
		{"GET", "/v1/users/999", "", "user_not_found", 404},
		{"POST", "/v1/users", `{"name":"100"}`, "user_exists", 409},
		{"POST", "/v1/users", `{"name":""}`, "invalid", 422},
		{"POST", "/v1/users", `{"name":"107","display":"a\nb"}`, "invalid", 422},
		{"PATCH", "/v1/users/100", `{"display":"Eve"}`, "user_in_configuration", 409},
		{"PATCH", "/v1/users/100", `{"dnd":"yes"}`, "invalid", 422},
		{"PATCH", "/v1/users/100", `{"display":"a\u0000"}`, "invalid", 422},
		{"PATCH", "/v1/users/100", `{"forward":{"always":"nowhere"}}`, "invalid", 422},
		{"PATCH", "/v1/users/999", `{"dnd":true}`, "user_not_found", 404},
		{"DELETE", "/v1/users/100", "", "user_in_configuration", 409},
		{"POST", "/v1/users/100/password", "", "user_in_configuration", 409},
		{"POST", "/v1/users/999/password", "", "user_not_found", 404},
	} {
		r := s.ask(x.method, x.path, keys["all"], x.body)
		if p := s.problem(r); r.status != x.status || p.Code != x.code {
			t.Errorf("%s %s %s: %d %s, want %d %s: %s", x.method, x.path, x.body, r.status, p.Code, x.status, x.code, r.body)
		}
	}
	for _, e := range s.audit.List(func(*AuditEntry) bool { return true }, 100) {
		if strings.Contains(e.Path, "secret") {
			t.Errorf("the audit has a password: %+v", e)
		}
	}
}

func TestChangesOfExtensionsAreEvents(t *testing.T) {
	s, keys := newSite(t)
	all, calls := s.listen("/v1/events?user=105", keys["all"]), s.listen("/v1/events", keys["calls:read"])
	s.Hub.UserTold(UserAdded, t0, UserEvent{Name: "105", By: "key all"})
	s.Hub.UserTold(UserChanged, t0, UserEvent{Name: "105", Changed: []string{"dnd"}, By: "phone"})
	s.life(0)
	if e := all.next(); e.Type != "user.added" || e.User.Name != "105" {
		t.Errorf("%+v", e)
	}
	if e := all.next(); e.Type != "user.changed" || e.User.By != "phone" || e.Call.ID != "" {
		t.Errorf("%+v", e)
	}
	if e := calls.next(); e.Type != "call.started" {
		t.Errorf("who may see calls only got %s", e.Type)
	}
}

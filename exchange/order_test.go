package exchange

import (
	"context"
	"errors"
	"testing"
	"time"

	"onhook/call"
	"onhook/media"
	"onhook/route"
	"onhook/sip"
)

const (
	otherAddr  = "10.0.1.2:5060" // where number 2 leads
	lockedAddr = "10.0.0.3:5060" // where number 9 leads, by a trunk that asks for a password
)

// newOrderRig leads 1 and 2 to phones and 9 to a trunk.
func newOrderRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		s.Routes = routesTo(t, toPhone("1"),
			route.Rule{Match: "2", To: []route.Destination{{Kind: route.ToSIP, Text: "sip:" + otherAddr}}},
			route.Rule{Match: "9", To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}})
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "10.0.0.3", Username: "u", Password: "p"})
	})
}

// command has the loop turn until a command is done.
func (r *rig) command(f func(ctx context.Context) error) error {
	r.t.Helper()
	done := make(chan error, 1)
	go func() { done <- f(r.t.Context()) }()
	limit := time.After(patience)
	for {
		select {
		case err := <-done:
			return err
		case <-r.x.box.wake:
			r.turn()
		case <-limit:
			r.t.Fatal("the command was not done")
		}
	}
}

// says is what a party answers to the last request that it got.
func (r *rig) says(addr string, code int, body string, more ...sip.Header) {
	r.t.Helper()
	req := r.last(addr)
	m := &sip.Message{Status: code, Phrase: "x", Body: body}
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		case sip.HTo:
			if req.ToTag() == "" {
				h.Value += ";tag=of-" + addr
			}
			m.Add(sip.HTo, h.Value)
		}
	}
	m.Add(sip.HContact, "<sip:"+addr+">")
	m.Headers = append(m.Headers, more...)
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	r.from(addr, m.String())
}

// make asks for a call.
func (r *rig) make(from, to string) (id string) {
	r.t.Helper()
	if err := r.command(func(ctx context.Context) (err error) {
		id, err = r.x.Originate(ctx, Origination{From: from, To: to, By: "test"})
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestACallThatIsMadeAnswersTheChallengeOfItsSecondParty(t *testing.T) {
	r := newOrderRig(t)
	r.make("1", "9")
	r.says(phoneAddr, 200, sdpText)
	if m := r.last(lockedAddr); m.Method != sip.INVITE || m.Has(sip.HProxyAuthorization) {
		t.Fatalf("%s", m)
	}
	r.says(lockedAddr, 407, "", sip.Header{ID: sip.HProxyAuthenticate, Value: `Digest realm="x", nonce="n", algorithm=MD5, qop="auth"`})
	m := r.last(lockedAddr)
	if m.Method != sip.INVITE || !m.Has(sip.HProxyAuthorization) {
		t.Fatalf("the challenge was not answered: %s", m)
	}
	r.says(lockedAddr, 200, sdpText)
	bye := r.command(func(ctx context.Context) error {
		list, err := r.x.Live(ctx)
		if err == nil && (len(list) != 1 || list[0].Stage != "talking" || !list[0].Answered) {
			t.Errorf("%+v", list)
		}
		return errors.Join(err, r.x.Hangup(ctx, list[0].ID, "test"))
	})
	if bye != nil {
		t.Fatal(bye)
	}
	r.idle()
	if rec := r.records[0]; rec.ByeReason != "MANAGER_REQUEST" || rec.Answered != "party" || rec.Trunk != "carrier" || rec.Direction != "outbound" || len(rec.Legs) != 2 {
		t.Errorf("%+v", rec)
	}
}

func TestACallThatIsMadeLeavesNothing(t *testing.T) {
	hangUp := func(r *rig, id string) {
		if err := r.command(func(ctx context.Context) error { return r.x.Hangup(ctx, id, "test") }); err != nil {
			r.t.Fatal(err)
		}
	}
	for name, x := range map[string]struct {
		do   func(r *rig, id string)
		want string
	}{
		"nobody says anything":      {func(*rig, string) {}, "NO_USER_RESPONSE"},
		"hung up at once":           {hangUp, "MANAGER_REQUEST"},
		"the first refuses":         {func(r *rig, _ string) { r.says(phoneAddr, 603, "") }, "CALL_REJECTED"},
		"the first's answer is bad": {func(r *rig, _ string) { r.says(phoneAddr, 200, "v=1") }, "INCOMPATIBLE_DESTINATION"},
		"the second is silent":      {func(r *rig, _ string) { r.says(phoneAddr, 200, sdpText) }, "NO_USER_RESPONSE"},
		"hung up, the second rings": {func(r *rig, id string) {
			r.says(phoneAddr, 200, sdpText)
			r.says(otherAddr, 180, "")
			hangUp(r, id)
		}, "MANAGER_REQUEST"},
		"the second refuses": {func(r *rig, _ string) {
			r.says(phoneAddr, 200, sdpText)
			r.says(otherAddr, 486, "")
		}, "USER_BUSY"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newOrderRig(t)
			id := r.make("1", "2")
			x.do(r, id)
			r.idle()
			if len(r.records) != 1 || r.records[0].ByeReason != x.want || r.records[0].ID != id {
				t.Errorf("%+v, want %s", r.records, x.want)
			}
		})
	}
}

func TestCommandsForACallInNoStateForThem(t *testing.T) {
	r := newOrderRig(t)
	id := r.make("1", "2")
	for name, f := range map[string]func(ctx context.Context) error{
		"transfer": func(ctx context.Context) error { return r.x.Transfer(ctx, id, "", "9", "test") },
		"join":     func(ctx context.Context) error { return r.x.Join(ctx, id, "", id, "", "test") },
		"hold":     func(ctx context.Context) error { return r.x.Hold(ctx, id, "", true, "test") },
		"play":     func(ctx context.Context) error { return r.x.Play(ctx, id, "", "x", media.Chain{}, "test") },
	} {
		var state *StateError
		if err := r.command(f); !errors.As(err, &state) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var nowhere *DestinationError
	if err := r.command(func(ctx context.Context) error { return r.x.Transfer(ctx, id, "", "77", "test") }); !errors.As(err, &nowhere) || nowhere.Cause != "NO_ROUTE_DESTINATION" {
		t.Errorf("%v", err)
	}
	if err := r.command(func(ctx context.Context) error { return r.x.Hold(ctx, "call_none", "", true, "test") }); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	for _, e := range r.x.byID(id).events {
		if e.Kind == call.EvCommand && e.Name != call.CmdOriginate {
			t.Errorf("%s stands in the journal though it was refused", e.Name)
		}
	}
}

package exchange

import (
	"time"

	"onhook/sip"
	"onhook/stack"
)

// A health is what is known of a trunk that is asked by OPTIONS whether it is there.
type health struct {
	name   string
	next   time.Time
	asked  bool // an answer is awaited
	silent int  // questions without an answer, in a row
	why    string
}

// silentMeansDown is how many questions in a row must go without an answer: one may be lost.
const silentMeansDown = 2

// configureHealth begins to ask the trunks that are to be asked; what is known of those that stay, stays.
func (x *Exchange) configureHealth() {
	old := x.health
	x.health = map[string]*health{}
	for i := range x.set.Trunks {
		t := &x.set.Trunks[i]
		if t.Options <= 0 || t.Disabled {
			continue
		}
		h := old[t.Name]
		if h == nil {
			h = &health{name: t.Name, next: x.now}
		}
		x.health[t.Name] = h
	}
}

// nextAsk is when the next trunk is to be asked; zero: never.
func (x *Exchange) nextAsk() time.Time {
	var at time.Time
	for _, h := range x.health {
		if at.IsZero() || h.next.Before(at) {
			at = h.next
		}
	}
	return at
}

// askTrunks sends OPTIONS to the trunks whose time has come.
func (x *Exchange) askTrunks() {
	for i := range x.set.Trunks {
		t := &x.set.Trunks[i]
		h := x.health[t.Name]
		if h == nil || h.next.After(x.now) {
			continue
		}
		h.next = x.now.Add(t.Options)
		if h.asked {
			continue
		}
		h.asked = true
		u := trunkURI(t, "")
		m := &sip.Message{Method: sip.OPTIONS, URI: u}
		m.Add(sip.HFrom, "<sip:"+x.set.Domain+">")
		m.Add(sip.HTo, "<"+u+">")
		x.feed(stack.Input{Kind: stack.InRequest, Ref: notCall | uint64(i), Msg: m})
	}
}

// healthOf finds the trunk of a question; the trunks may have been configured anew since.
func (x *Exchange) healthOf(ref uint64) *health {
	i := ref &^ notCall
	if i >= uint64(len(x.set.Trunks)) {
		return nil
	}
	return x.health[x.set.Trunks[i].Name]
}

// trunkAnswered takes the answer to a question: whatever it is, somebody is there; only 503 says otherwise.
func (x *Exchange) trunkAnswered(a *stack.Action) {
	h := x.healthOf(a.Ref)
	if h == nil || a.Msg.Status < 200 {
		return
	}
	h.asked = false
	if a.Msg.Status == 503 {
		x.silent(h, "503 "+a.Msg.Phrase)
		return
	}
	if h.why != "" {
		x.log.Info("trunk is up", "trunk", h.name)
	}
	h.silent, h.why = 0, ""
}

// trunkSilent takes the lack of an answer.
func (x *Exchange) trunkSilent(a *stack.Action, why string) {
	if a.Ref&notCall == 0 {
		return
	}
	if h := x.healthOf(a.Ref); h != nil {
		h.asked = false
		x.silent(h, why)
	}
}

func (x *Exchange) silent(h *health, why string) {
	h.silent++
	if h.silent == silentMeansDown {
		x.log.Warn("trunk is down", "trunk", h.name, "why", why)
	}
	if h.silent >= silentMeansDown {
		h.why = why
	}
}

// down says why a trunk is down, or "" if it is not known to be.
func (x *Exchange) down(trunk string) string {
	if h := x.health[trunk]; h != nil {
		return h.why
	}
	return ""
}

// trunkURI is the URI of a number at a trunk, or of the trunk itself.
func trunkURI(t *Trunk, number string) string {
	u := sip.URI{Scheme: "sip", User: sip.EscapeUser(number), Host: t.Host, Port: t.Port}
	if t.Transport != sip.NoTransport && t.Transport != sip.UDP {
		u.Params = sip.Params(";transport=" + t.Transport.Param())
	}
	return u.String()
}

package registrar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
)

// A change is one Contact of a REGISTER, read.
type change struct {
	uri     sip.URI
	text    string
	q       int
	life    time.Duration
	regID   uint16
	inst    string
	binding *Binding // the one it is about, if there is one
}

// register does RFC 3261 section 10.3 steps 6 to 8; all of its changes happen, or none.
func (t *Table) register(out []Action, now time.Time, in Input) []Action {
	contacts, err := in.Msg.Contacts()
	if err != nil {
		return refuse(out, 400, "Bad Request")
	}
	if slices.ContainsFunc(contacts, sip.NameAddr.Star) {
		return t.clear(out, now, in, contacts)
	}
	changes, code, phrase := t.read(in, contacts)
	if code == 0 {
		code, phrase = t.allowed(in, changes)
	}
	switch code {
	case 0:
	case 423:
		// Section 10.3 step 7: "a Min-Expires header field that states the minimum".
		return refuse(out, code, phrase, sip.Header{ID: sip.HMinExpires, Value: seconds(t.opt.Min)})
	default:
		return refuse(out, code, phrase)
	}
	for i := range changes {
		out = t.apply(out, now, in, &changes[i])
	}
	return append(out, Action{Kind: ActReply, Msg: t.ok(now, in)})
}

// clear takes "Contact: *" (section 10.2.2): alone, and with Expires: 0.
func (t *Table) clear(out []Action, now time.Time, in Input, contacts []sip.NameAddr) []Action {
	life, ok := in.Msg.Expires()
	if len(contacts) != 1 || !ok || life != 0 {
		return refuse(out, 400, "Contact * needs Expires 0 and no other Contact")
	}
	seq := sequence(in.Msg)
	for _, b := range t.aors[in.AOR] {
		if b.CallID == in.Msg.CallID() && seq <= b.CSeq {
			return refuse(out, 500, "CSeq Out Of Order")
		}
	}
	for _, b := range slices.Clone(t.aors[in.AOR]) {
		out = t.drop(out, b, ActRemoved)
	}
	return append(out, Action{Kind: ActReply, Msg: t.ok(now, in)})
}

// read takes the contacts apart.
func (t *Table) read(in Input, contacts []sip.NameAddr) (changes []change, code int, phrase string) {
	for _, a := range contacts {
		u, err := a.URI()
		if err != nil || u.Scheme != "sip" && u.Scheme != "sips" {
			return nil, 400, "Contact Must Be A SIP URI"
		}
		c := change{uri: u, text: a.URIText, q: 1000, life: t.opt.Default}
		if a.Params.Has("q") {
			q, ok := a.Q()
			if !ok {
				return nil, 400, "Bad q In Contact"
			}
			c.q = q
		}
		if s, ok := a.Expires(); ok {
			c.life = span(s)
		} else if s, ok := in.Msg.Expires(); ok {
			c.life = span(s)
		}
		c.inst, _ = a.Params.Get("+sip.instance")
		if n, ok := a.Params.Uint("reg-id", 1<<16-1); ok && c.inst != "" {
			c.regID = uint16(n)
		}
		c.life = min(c.life, t.opt.Max)
		c.binding = t.find(in.AOR, &c)
		changes = append(changes, c)
	}
	return changes, 0, ""
}

// span is a number of seconds, without overflow.
func span(s uint32) time.Duration { return time.Duration(s) * time.Second }

// find returns the binding that a contact is about: the same instance and
// reg-id (RFC 5626 section 6), or a URI that compares equal (RFC 3261 section 10.3).
func (t *Table) find(aor string, c *change) *Binding {
	for _, b := range t.aors[aor] {
		if c.inst != "" && b.Instance == c.inst && b.RegID == c.regID {
			return b
		}
		if b.Contact == c.text {
			return b
		}
	}
	for _, b := range t.aors[aor] {
		if u, err := sip.ParseURI(b.Contact); err == nil && u.Equal(c.uri) {
			return b
		}
	}
	return nil
}

// allowed tells whether all changes may be done.
func (t *Table) allowed(in Input, changes []change) (code int, phrase string) {
	n, all := len(t.aors[in.AOR]), len(t.heap)
	for i := range changes {
		c := &changes[i]
		if c.life > 0 && c.life < t.opt.Min {
			return 423, "Interval Too Brief"
		}
		// Section 10.3 step 7: with the same Call-ID an update needs a higher CSeq, or the request fails.
		if b := c.binding; b != nil && b.CallID == in.Msg.CallID() && sequence(in.Msg) <= b.CSeq {
			return 500, "CSeq Out Of Order"
		}
		if c.binding == nil && c.life > 0 {
			n++
			all++
		}
	}
	switch {
	case n > t.opt.PerAOR:
		return 403, "Too Many Contacts"
	case t.opt.All > 0 && all > t.opt.All:
		return 503, "Registrar Full"
	}
	return 0, ""
}

// apply does one change.
func (t *Table) apply(out []Action, now time.Time, in Input, c *change) []Action {
	old := c.binding
	switch {
	case c.life == 0 && old == nil:
		return out
	case c.life == 0:
		return t.drop(out, old, ActRemoved)
	}
	kind := ActAdded
	if old != nil {
		kind = ActKept
		if t.refresh(old, now, in, c) {
			return append(out, Action{Kind: kind, Binding: *old})
		}
		t.remove(old)
	}
	// The strings are parts of the request; what is kept must not keep all of it.
	b := Binding{
		AOR: strings.Clone(in.AOR), Contact: strings.Clone(c.text), Q: int16(c.q), RegID: c.regID, CSeq: sequence(in.Msg),
		Expires: now.Add(c.life), CallID: strings.Clone(in.Msg.CallID()), Instance: strings.Clone(c.inst),
		Flow: in.Flow, Agent: strings.Clone(in.Msg.Get(sip.HUserAgent)),
	}
	for p := range in.Msg.Values(sip.HPath) {
		b.Path = append(b.Path, strings.Clone(p))
	}
	return append(out, Action{Kind: kind, Binding: *t.insert(b)})
}

// refresh prolongs a binding in its place when nothing else of it has changed, which is what phones do all day.
func (t *Table) refresh(b *Binding, now time.Time, in Input, c *change) bool {
	if b.Contact != c.text || int(b.Q) != c.q || b.Flow != in.Flow || b.Instance != c.inst || b.CallID != in.Msg.CallID() ||
		in.Msg.Has(sip.HPath) || len(b.Path) > 0 {
		return false
	}
	b.CSeq, b.Expires = sequence(in.Msg), now.Add(c.life)
	t.fix(b.place - 1)
	return true
}

// ok lists every binding with what is left of its life (section 10.3 step 8).
func (t *Table) ok(now time.Time, in Input) *sip.Message {
	m := &sip.Message{Status: 200, Phrase: "OK"}
	for b := range t.Lookup(now, in.AOR) {
		v := append(make([]byte, 0, len(b.Contact)+40), '<')
		v = append(append(v, b.Contact...), '>')
		if b.Q != 1000 {
			v = append(append(v, ";q="...), sip.FormatQ(int(b.Q))...)
		}
		v = append(v, ";expires="...)
		v = strconv.AppendInt(v, int64((b.Expires.Sub(now)+time.Second-1)/time.Second), 10)
		if b.Instance != "" {
			v = append(v, ";+sip.instance="...)
			v = sip.AppendQuoted(v, b.Instance)
		}
		if b.RegID != 0 {
			v = strconv.AppendUint(append(v, ";reg-id="...), uint64(b.RegID), 10)
		}
		m.Add(sip.HContact, string(v))
	}
	// RFC 3327 section 5.3: the Path goes back only to who said it understands it.
	if in.Msg.HasToken(sip.HSupported, "path") {
		for p := range in.Msg.Lines(sip.HPath) {
			m.Add(sip.HPath, p)
		}
	}
	return m
}

func refuse(out []Action, code int, phrase string, headers ...sip.Header) []Action {
	return append(out, Action{Kind: ActReply, Msg: &sip.Message{Status: code, Phrase: phrase, Headers: headers}})
}

func sequence(m *sip.Message) uint32 {
	c, err := m.CSeq()
	if err != nil {
		return 0
	}
	return c.Seq
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

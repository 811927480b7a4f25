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
	flow    sip.Flow
	binding *Binding // the one it is about, if there is one
}

// Limits of what is kept of a binding, in bytes.
const (
	maxContact  = 1024
	maxCallID   = 512
	maxInstance = 256
	maxPath     = 4096
	maxAgent    = 128 // more is cut off
)

// register does RFC 3261 section 10.3 steps 6 to 8; all of its changes happen, or none.
func (t *Table) register(out []Action, now time.Time, in Input) []Action {
	contacts, err := in.Msg.Contacts()
	switch {
	case err != nil:
		return refuse(out, 400, "Bad Contact")
	case len(contacts) > 2*t.opt.PerAOR:
		return refuse(out, 403, "Too Many Contacts")
	}
	out = t.expire(out, now, in.AOR)
	if slices.ContainsFunc(contacts, sip.NameAddr.Star) {
		return t.clear(out, now, in, contacts)
	}
	changes, code, phrase := t.read(in, contacts)
	if code == 0 {
		code, phrase = outbound(in.Msg, changes)
	}
	var displaced []*Binding
	if code == 0 {
		t.match(in, changes)
		displaced, code, phrase = t.allowed(in, changes)
	}
	switch code {
	case 0:
	case 423:
		// Section 10.3 step 7: "a Min-Expires header field that states the minimum".
		return refuse(out, code, phrase, sip.Header{ID: sip.HMinExpires, Value: seconds(t.opt.Min)})
	default:
		return refuse(out, code, phrase)
	}
	for _, b := range displaced {
		out = t.drop(out, b, ActRemoved)
	}
	for i := range changes {
		out = t.apply(out, now, in, &changes[i])
	}
	ok := t.ok(now, in)
	if usesOutbound(in.Msg, changes) {
		// RFC 5626 section 6: "the registrar MUST include the outbound option-tag in a Require header field value in its response".
		ok.Add(sip.HRequire, "outbound")
	}
	return append(out, Action{Kind: ActReply, Msg: ok})
}

// expire drops what of an address of record is over, before anything is compared with it.
func (t *Table) expire(out []Action, now time.Time, aor string) []Action {
	for _, b := range slices.Clone(t.aors[aor]) {
		if !b.Expires.After(now) {
			out = t.drop(out, b, ActExpired)
		}
	}
	return out
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

// read takes the contacts apart and refuses what cannot be kept.
func (t *Table) read(in Input, contacts []sip.NameAddr) (changes []change, code int, phrase string) {
	path := 0
	for p := range in.Msg.Lines(sip.HPath) {
		path += len(p)
	}
	if path > maxPath || len(in.Msg.CallID()) > maxCallID {
		return nil, 400, "Path Or Call-ID Too Long"
	}
	for _, a := range contacts {
		u, err := a.URI()
		if err != nil || u.Scheme != "sip" && u.Scheme != "sips" {
			return nil, 400, "Contact Must Be A SIP URI"
		}
		c := change{uri: u, text: a.URIText, q: 1000, flow: reach(in, u)}
		if a.Params.Has("q") {
			q, ok := a.Q()
			if !ok {
				return nil, 400, "Bad q In Contact"
			}
			c.q = q
		}
		c.life = t.life(in.Msg, a)
		c.inst, _ = a.Params.Get("+sip.instance")
		if n, ok := a.Params.Uint("reg-id", 1<<16-1); ok && c.inst != "" {
			c.regID = uint16(n)
		}
		if len(c.text) > maxContact || len(c.inst) > maxInstance {
			return nil, 400, "Contact Too Long"
		}
		for i := range changes {
			if changes[i].uri.Equal(u) {
				return nil, 400, "Contact Stands Twice"
			}
		}
		changes = append(changes, c)
	}
	return changes, 0, ""
}

// life is how long a contact is to be kept (section 10.3 step 7): what the
// Contact asks for, else what the request does, else the default.
func (t *Table) life(m *sip.Message, a sip.NameAddr) time.Duration {
	// Section 10.2: "Malformed values SHOULD be treated as equivalent to 3600."
	const malformed = time.Hour
	life := t.opt.Default
	if a.Params.Has("expires") {
		life = malformed
		if s, ok := a.Expires(); ok {
			life = span(s)
		}
	} else if m.Has(sip.HExpires) {
		life = malformed
		if s, ok := m.Expires(); ok {
			life = span(s)
		}
	}
	return min(life, t.opt.Max)
}

// match finds the binding that each contact is about.
func (t *Table) match(in Input, changes []change) {
	for i := range changes {
		changes[i].binding = t.find(in.AOR, &changes[i])
	}
}

// span is a number of seconds, without overflow.
func span(s uint32) time.Duration { return time.Duration(s) * time.Second }

// find returns the binding that a contact is about. Where it is to a flow, the
// one with the same instance and reg-id, whatever its Contact (RFC 5626 section
// 6); else the one whose URI compares equal (RFC 3261 section 10.3 step 7).
func (t *Table) find(aor string, c *change) *Binding {
	for _, b := range t.aors[aor] {
		switch {
		case c.regID != b.RegID:
		case c.regID != 0 && b.Instance == c.inst, c.regID == 0 && b.Contact == c.text:
			return b
		}
	}
	if c.regID != 0 {
		return nil
	}
	for _, b := range t.aors[aor] {
		if b.RegID != 0 {
			continue
		}
		if u, err := sip.ParseURI(b.Contact); err == nil && u.Equal(c.uri) {
			return b
		}
	}
	return nil
}

// allowed tells whether all changes may be done, and which bindings make room for them.
func (t *Table) allowed(in Input, changes []change) (displaced []*Binding, code int, phrase string) {
	n, all := len(t.aors[in.AOR]), len(t.heap)
	for i := range changes {
		c := &changes[i]
		// Section 10.3 step 7: "greater than zero AND smaller than one hour AND less than a registrar-configured minimum".
		if c.life > 0 && c.life < time.Hour && c.life < t.opt.Min {
			return nil, 423, "Interval Too Brief"
		}
		// Section 10.3 step 7: with the same Call-ID an update needs a higher CSeq, or the request fails.
		if b := c.binding; b != nil && b.CallID == in.Msg.CallID() && sequence(in.Msg) <= b.CSeq {
			return nil, 500, "CSeq Out Of Order"
		}
		switch {
		case c.binding == nil && c.life > 0:
			n++
			all++
		case c.binding != nil && c.life == 0:
			n--
			all--
		}
	}
	if n > t.opt.PerAOR {
		displaced = t.displaced(in, changes, n-t.opt.PerAOR)
		n -= len(displaced)
	}
	switch {
	case n > t.opt.PerAOR:
		return nil, 403, "Too Many Contacts"
	case t.opt.All > 0 && all-len(displaced) > max(t.opt.All, len(t.heap)):
		return nil, 503, "Registrar Full"
	}
	return displaced, 0, ""
}

// displaced are up to n bindings of the instances that register, from before a
// restart: a phone that comes back with new ports again and again must not lock
// itself out.
func (t *Table) displaced(in Input, changes []change, n int) []*Binding {
	var out []*Binding
	for _, b := range t.aors[in.AOR] {
		if b.Instance != "" && b.RegID == 0 && b.CallID != in.Msg.CallID() &&
			slices.ContainsFunc(changes, func(c change) bool { return c.inst == b.Instance }) &&
			!slices.ContainsFunc(changes, func(c change) bool { return c.binding == b }) {
			out = append(out, b)
		}
	}
	slices.Reverse(out) // among equals the latest stands first
	slices.SortStableFunc(out, func(a, b *Binding) int { return a.Expires.Compare(b.Expires) })
	return out[:min(n, len(out))]
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
		if c.regID == 0 && old.Contact != c.text {
			// The same URI in other words: it is kept under another key.
			out, kind = append(out, Action{Kind: ActRemoved, Binding: *old}), ActAdded
		}
	}
	// The strings are parts of the request; what is kept must not keep all of it.
	b := Binding{
		AOR: strings.Clone(in.AOR), Contact: strings.Clone(c.text), Q: int16(c.q), RegID: c.regID, CSeq: sequence(in.Msg),
		Expires: now.Add(c.life), Updated: now, CallID: strings.Clone(in.Msg.CallID()), Instance: strings.Clone(c.inst),
		Flow: c.flow, Agent: agent(in.Msg),
	}
	for p := range in.Msg.Values(sip.HPath) {
		b.Path = append(b.Path, strings.Clone(p))
	}
	return append(out, Action{Kind: kind, Binding: *t.insert(b)})
}

func agent(m *sip.Message) string {
	a := m.Get(sip.HUserAgent)
	return strings.Clone(a[:min(len(a), maxAgent)])
}

// refresh prolongs a binding in its place when nothing else of it has changed, which is what phones do all day.
func (t *Table) refresh(b *Binding, now time.Time, in Input, c *change) bool {
	if b.Contact != c.text || int(b.Q) != c.q || b.Flow != c.flow || b.Instance != c.inst || b.CallID != in.Msg.CallID() ||
		in.Msg.Has(sip.HPath) || len(b.Path) > 0 {
		return false
	}
	b.CSeq, b.Expires, b.Updated = sequence(in.Msg), now.Add(c.life), now
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

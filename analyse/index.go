package analyse

import (
	"bytes"
	"cmp"
	"net/netip"
	"strings"

	"onhook/capture"
	"onhook/sip"
)

// The keys by which a leg may be found as the one that another goes on from.
const (
	keyLink    = iota // the Call-ID in X-CID, shared by both legs
	keySession        // the local half of Session-ID
	keyAgent          // the correlation id of a HEP agent
	keyOrigin         // the SDP origin line
	keyNumber         // where the INVITE came to, and the called number
	keyNumbers        // and the calling number too
	keyOwn            // its own Call-ID, for an X-CID that names it
)

// A candidate is the leg of a key; n counts the legs that have the key.
type candidate struct {
	leg *leg
	n   int
}

// An index finds the leg that a new one goes on from.
type index struct {
	keys [7]map[uint64]candidate
}

func (x *index) init() {
	for i := range x.keys {
		x.keys[i] = make(map[uint64]candidate)
	}
}

func (x *index) add(l *leg, kind int, key uint64) {
	if key == 0 {
		return
	}
	l.keys[kind] = key
	c := x.keys[kind][key]
	x.keys[kind][key] = candidate{l, c.n + 1}
}

func (x *index) drop(l *leg, kind int) {
	key := l.keys[kind]
	if key == 0 {
		return
	}
	l.keys[kind] = 0
	c, ok := x.keys[kind][key]
	switch {
	case !ok:
	case c.n <= 1:
		delete(x.keys[kind], key)
	default:
		if c.n--; c.leg == l {
			c.leg = nil // which of the others it is then is not known
		}
		x.keys[kind][key] = c
	}
}

// settle takes a leg out of what only a pending call is found by.
func (x *index) settle(l *leg) {
	if !l.pending {
		return
	}
	l.pending = false
	x.drop(l, keyOrigin)
	x.drop(l, keyNumber)
	x.drop(l, keyNumbers)
}

// remove takes out the rest.
func (x *index) remove(l *leg) {
	x.drop(l, keyLink)
	x.drop(l, keySession)
	x.drop(l, keyAgent)
}

func (x *index) find(kind int, key uint64, not *leg) *leg {
	if key == 0 {
		return nil
	}
	if c := x.keys[kind][key]; c.leg != nil && c.leg != not && !c.leg.removed {
		return c.leg
	}
	return nil
}

// invited takes the INVITE that began a leg: it looks for the leg that this one
// goes on from, and enters it for those that go on from it.
func (x *index) invited(a *Analyser, l *leg, h *head, it *capture.Item) {
	k := invitation{
		link: a.read.hash(h.link), session: a.read.hash(localUUID(h.session)), agent: correlation(a, it), origin: l.keys[keyOrigin],
	}
	to, from := numberOf(h.toURI), numberOf(h.fromURI)
	target := numberOf(requestURI(h.line))
	k.to, k.target, k.from = a.read.hash(tail(to)), a.read.hash(tail(target)), a.read.hash(tail(from))
	l.keys[keyOrigin] = 0
	if l.up == nil {
		if up, join := x.upstream(a, l, h, it, &k); up != nil {
			a.attach(l, up, join)
		}
		if l.twin {
			x.branches(a, l, k.link, it)
		}
	}
	l.onward = len(h.link) > 0 && string(h.link) != l.callID
	x.link(l, k.link)
	x.add(l, keySession, k.session)
	x.add(l, keyAgent, k.agent)
	l.pending = true
	x.add(l, keyOrigin, k.origin)
	x.add(l, keyNumber, at(it.Dst.Addr(), k.to, 0))
	x.add(l, keyNumbers, at(it.Dst.Addr(), k.to, k.from))
}

// An invitation is what an INVITE can be joined by, hashed; 0: it has it not.
type invitation struct {
	link, session, agent, origin, to, target, from uint64
}

// upstream finds the leg that a new one goes on from, the surest reason first.
func (x *index) upstream(a *Analyser, l *leg, h *head, it *capture.Item, k *invitation) (*leg, Join) {
	if len(h.link) > 0 {
		for up := a.byID[string(h.link)]; up != nil; up = up.sameID {
			if up != l && up.call != l.call {
				return up, Join{Reason: "X-CID", Value: string(h.link), Strength: Certain}
			}
		}
		if up := x.linked(l, k.link, it); up != nil {
			return up, Join{Reason: "X-CID", Value: string(h.link), Strength: Certain}
		}
	}
	if up := x.find(keySession, k.session, l); up != nil {
		return up, Join{Reason: "Session-ID", Value: string(localUUID(h.session)), Strength: Certain}
	}
	if up := x.find(keyAgent, k.agent, l); up != nil {
		return up, Join{Reason: "correlation id", Value: it.Correlation, Strength: Certain}
	}
	// What is left is not made to join calls: the INVITE must come from the host
	// that the other one went to, while that one is pending.
	if up := x.find(keyOrigin, k.origin, l); up != nil && x.keys[keyOrigin][k.origin].n == 1 && up.sendsOnTo(it) {
		return up, Join{Reason: "SDP origin", Value: originText(h.body), Strength: Likely}
	}
	return x.byNumbers(a, l, it, k)
}

// byNumbers joins by the numbers and the time.
func (x *index) byNumbers(a *Analyser, l *leg, it *capture.Item, k *invitation) (*leg, Join) {
	several := false
	for _, to := range [...]uint64{k.to, k.target} {
		if to == 0 {
			continue
		}
		for i, key := range [...]uint64{at(it.Src.Addr(), to, k.from), at(it.Src.Addr(), to, 0)} {
			kind := keyNumbers - i
			c, ok := x.keys[kind][key]
			if !ok {
				continue
			}
			if c.n > 1 {
				several = true
				continue
			}
			up := c.leg
			if up == nil || up == l || up.removed || !up.sendsOnTo(it) {
				continue
			}
			join := Join{Reason: "numbers and time", Strength: Guess}
			if kind == keyNumbers && a.clock.now-up.first <= 2e9 {
				join.Strength = Likely
			}
			return up, join
		}
	}
	if several {
		a.total.Ambiguous++
	}
	return nil, Join{}
}

// sendsOnTo tells whether a new INVITE comes from the place that this leg's INVITE went to.
func (l *leg) sendsOnTo(it *capture.Item) bool {
	if len(l.hops) == 0 {
		return false
	}
	for i := range l.hops {
		if samePlace(it.Src, l.addrs[l.hops[i].dst], l.addrs[l.hops[i].src].Addr()) {
			return true
		}
	}
	return false
}

// attach puts a leg's call into the call of the leg that it goes on from.
func (a *Analyser) attach(l, up *leg, join Join) {
	if l.call == up.call || len(up.call.legs)+len(l.call.legs) > maxLegs {
		return
	}
	for p := up; p != nil; p = p.up {
		if p == l {
			return
		}
	}
	// A leg that began clearly before the other is the one that the other goes on from.
	if join.Strength == Certain && up.up == nil && l.first < up.first {
		l, up = up, l
	}
	a.graft(l, up, join)
}

// graft puts a leg's call behind a leg of another one.
func (a *Analyser) graft(l, up *leg, join Join) {
	l.up, l.join = up, join
	from, to := l.call, up.call
	from.unlink()
	before := from.script.size() + to.script.size()
	a.scratch = a.paper.read(a.scratch[:0], &from.script)
	a.paper.clear(&from.script)
	base := a.paper.write(&to.script, a.scratch)
	a.bytes += to.script.size() - before
	for _, x := range from.legs {
		x.call = to
		for i := range x.msgs {
			x.msgs[i].begin += base
		}
		to.legs = append(to.legs, x)
	}
	to.gaps = min(to.gaps, from.gaps)
	to.related = append(to.related, from.related...)
	to.id = cmp.Or(to.id, from.id)
	a.total.Joined++
	a.enqueue(to)
}

// maxLegs bounds a call; further legs are calls of their own.
const maxLegs = 200

// at mixes a host and numbers to one key.
func at(host netip.Addr, to, from uint64) uint64 {
	if to == 0 {
		return 0
	}
	b := host.As16()
	k := to*0x9e3779b97f4a7c15 ^ from*0xc2b2ae3d27d4eb4f
	for _, c := range b {
		k = (k ^ uint64(c)) * 0x100000001b3
	}
	return k | 1
}

// localUUID is the sender's half of a Session-ID (RFC 7989 section 5); the nil
// UUID is none.
func localUUID(v []byte) []byte {
	id, _, _ := bytes.Cut(v, []byte(";"))
	id = trim(id)
	if len(id) != 32 || len(bytes.Trim(id, "0")) == 0 {
		return nil
	}
	return id
}

// correlation is the id that an agent gave; one that is only the Call-ID joins nothing new.
func correlation(a *Analyser, it *capture.Item) uint64 {
	if it.Correlation == "" {
		return 0
	}
	return a.read.hash([]byte(it.Correlation))
}

// requestURI takes the URI from a request's first line.
func requestURI(line []byte) []byte {
	_, rest := cutSpace(line)
	uri, _ := cutSpace(rest)
	return uri
}

// numberOf returns the user part of a SIP or tel URI in an address.
func numberOf(v []byte) []byte {
	for _, scheme := range [...]string{"sip:", "sips:", "tel:"} {
		i := bytes.Index(v, []byte(scheme))
		if i < 0 {
			continue
		}
		v = v[i+len(scheme):]
		if j := bytes.IndexAny(v, "@;>?"); j >= 0 {
			return v[:j]
		}
		return v
	}
	return nil
}

// tail is what of a number stays when a prefix is added or taken away: its last
// seven digits; a name stays whole.
func tail(user []byte) []byte {
	for i, c := range user {
		if (c < '0' || c > '9') && (i > 0 || c != '+') {
			return user
		}
	}
	if len(user) > 7 {
		return user[len(user)-7:]
	}
	return user
}

// originText is the o= line, for a person.
func originText(body []byte) string {
	for len(body) > 0 {
		var line []byte
		if line, body = cutLine(body); len(line) > 2 && line[0] == 'o' && line[1] == '=' {
			return string(line[2:])
		}
	}
	return ""
}

// refused takes the news that a packet could not be delivered: Src says so, of
// a packet that Dst sent.
func (a *Analyser) refused(it *capture.Item) {
	var h head
	if a.read.read(&h, it.Payload); len(h.callID) > 0 {
		for l := a.byID[string(h.callID)]; l != nil; l = l.sameID {
			if a.refusedOn(l, it) {
				return
			}
		}
		return
	}
	// Nothing is quoted: the call that sent something there last.
	looked := 0
	for i := range a.queues {
		for c := a.queues[i].tail; c != nil && looked < 500; c = c.prev {
			looked++
			for _, l := range c.legs {
				if a.clock.now-l.last < 40e9 && a.refusedOn(l, it) {
					return
				}
			}
		}
	}
}

// refusedOn notes it if the leg sent a message between the two.
func (a *Analyser) refusedOn(l *leg, it *capture.Item) bool {
	if len(l.closed) >= maxCopies {
		return true
	}
	for i := len(l.msgs) - 1; i >= 0; i-- {
		m := &l.msgs[i]
		src, dst := l.addrs[m.src], l.addrs[m.dst]
		if src.Addr() != it.Dst.Addr() || it.Dst.Port() != 0 && it.Dst.Port() != src.Port() && l.transport == sip.UDP {
			continue
		}
		if dst.Addr() != it.Src.Addr() && len(it.Payload) == 0 || it.Src.Port() != 0 && dst.Addr() == it.Src.Addr() && it.Src.Port() != dst.Port() {
			continue
		}
		if m.of != 0 {
			i = int(m.of) - 1
		}
		l.closed = append(l.closed, refusal{at: a.clock.now, why: refusalWord(it.Text), msg: i})
		return true
	}
	return false
}

// refusalWord is the word of the events for what a capture shows.
func refusalWord(text string) string {
	switch {
	case strings.HasPrefix(text, "port unreachable"), strings.HasPrefix(text, "refused"):
		return "refused"
	case strings.HasPrefix(text, "reset"):
		return "closed"
	}
	return "unreachable"
}

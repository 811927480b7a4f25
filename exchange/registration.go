package exchange

import (
	"strconv"
	"strings"
	"time"

	"onhook/digest"
	"onhook/sip"
	"onhook/stack"
)

// A Registration says how to register at a trunk (RFC 3261 section 10.2).
type Registration struct {
	Wanted  bool
	Host    string // of the registrar; empty: the trunk's
	Port    uint16
	Domain  string        // whose address is registered; empty: Host
	Contact string        // the user part of the Contact, which its calls are then for; empty: the username
	Expires time.Duration // asked for; 0: an hour
}

// Bounds of what is asked for and of how long it takes until it is asked again.
const (
	usualExpires  = time.Hour
	mostExpires   = 24 * time.Hour
	firstRetry    = 30 * time.Second // RFC 5626 section 4.5: base-time if all flows failed
	longestRetry  = 30 * time.Minute // RFC 5626 section 4.5: max-time
	unregisterFor = time.Second      // how long a stopping server waits for its registrars
)

// A registration is where a trunk's registration stands.
type registration struct {
	of      Trunk // what it was made for
	next    time.Time
	until   time.Time // the binding's end; zero: there is none
	since   time.Time // of the first answer that refused, or of the binding
	asked   bool      // an answer is awaited
	leaving bool      // it is being taken back
	fails   int       // in a row
	why     string    // of the last failure
	expires uint32    // seconds asked for, which a 423 may raise
	raised  bool      // by a 423 to the request under way
	callID  string
	tag     string
	cseq    uint32
	auth    *digest.Client
	tries   digest.Tries
	ref     uint64
	contact sip.URI // that was registered last
}

// deadline is when something is to be done; zero: never.
func (r *registration) deadline() time.Time {
	if r == nil || r.asked {
		return time.Time{}
	}
	return r.next
}

// missing says why calls cannot leave by a trunk that is not registered with, or "".
func (r *registration) missing(now time.Time) string {
	if now.Before(r.until) || r.why == "" {
		return ""
	}
	return "not registered: " + r.why
}

// configureRegistration begins, goes on with or ends the registration of a line.
func (x *Exchange) configureRegistration(l *line) {
	if !l.Register.Wanted || l.disabled() || x.draining {
		x.unregister(l)
		return
	}
	if r := l.reg; r != nil {
		o := &r.of
		if o.Host == l.Host && o.Port == l.Port && o.Transport == l.Transport && o.Username == l.Username &&
			o.Password == l.Password && o.Realm == l.Realm && o.Register == l.Register {
			return
		}
		x.unregister(l)
	}
	expires := l.Register.Expires
	if expires <= 0 {
		expires = usualExpires
	}
	l.reg = &registration{
		of: *l.Trunk, next: x.now, expires: uint32(max(expires/time.Second, 1)), ref: notCall | l.id,
		// RFC 3261 section 10.2: "All registrations from a UAC SHOULD use the same Call-ID header field value for
		// registrations sent to a particular registrar."
		callID: x.token() + x.token(), tag: x.token(),
		auth: digest.NewClient(digest.Credentials{User: l.Username, Password: l.Password, Realm: l.Realm}, x.opt.Rand),
	}
}

// token is 16 digits that nobody can guess.
func (x *Exchange) token() string { return strconv.FormatUint(x.opt.Rand.Uint64(), 36) }

// registerAt sends a REGISTER whose time has come.
func (x *Exchange) registerAt(l *line) {
	if x.now.Before(l.away) {
		l.reg.next = l.away
		return
	}
	l.reg.tries, l.reg.raised = digest.Tries{}, false
	x.sendRegister(l.reg)
}

// sendRegister asks for the binding, or takes it back.
func (x *Exchange) sendRegister(r *registration) {
	t := &r.of
	host, port, transport := t.Register.Host, t.Register.Port, t.Transport
	if host == "" {
		host, port = t.Host, t.Port
	}
	domain := t.Register.Domain
	if domain == "" {
		domain = host
	}
	contact := t.Register.Contact
	if contact == "" {
		contact = t.Username
	}
	// "MUST NOT contain a user part" (10.2).
	m := &sip.Message{Method: sip.REGISTER, URI: hostURI("", host, port, transport)}
	// Before any "@" of the name itself: the address of record is the user at the registrar's domain.
	aor := sip.URI{Scheme: "sip", User: sip.EscapeUser(t.Username), Host: domain}
	m.Add(sip.HFrom, "<"+aor.String()+">;tag="+r.tag)
	m.Add(sip.HTo, "<"+aor.String()+">")
	m.Add(sip.HCallID, r.callID)
	r.cseq++ // "A UA MUST increment the CSeq value by one for each REGISTER request with the same Call-ID" (10.2).
	m.Add(sip.HCSeq, sip.CSeq{Seq: r.cseq, Method: sip.REGISTER}.String())
	expires := r.expires
	if r.leaving {
		expires = 0
	}
	own := ownContact(x.ep.Contact(m.URI), contact)
	if a, err := sip.ParseNameAddr(own); err == nil {
		r.contact, _ = a.URI() // it is our own, and can be read
	}
	m.Add(sip.HContact, own)
	m.Add(sip.HExpires, strconv.FormatUint(uint64(expires), 10))
	r.auth.Authorize(m)
	r.asked = true
	x.feed(stack.Input{Kind: stack.InRequest, Ref: r.ref, Msg: m})
}

// ownContact puts a user into the Contact of a socket.
func ownContact(contact, user string) string {
	if user == "" {
		return contact
	}
	return strings.Replace(contact, "<sip:", "<sip:"+sip.EscapeUser(user)+"@", 1)
}

// registrarSaid takes a registrar's final answer.
func (x *Exchange) registrarSaid(l *line, m *sip.Message) {
	r := l.reg
	if r == nil || !r.asked {
		return
	}
	r.asked = false
	switch {
	case m.Status < 300:
		x.registered(l, m)
	case m.Status == 401 || m.Status == 407:
		if err := r.auth.Challenged(m, &r.tries); err == nil {
			x.sendRegister(r)
			return
		}
		x.notRegistered(l, strconv.Itoa(m.Status)+" "+m.Phrase+": the credentials were refused", 0)
	case m.Status == 423:
		// RFC 3261 section 10.2.8: "it MAY retry the registration after making the expiration interval of all contact
		// addresses in the REGISTER request equal to or greater than the expiration interval within the Min-Expires header field".
		least, ok := m.MinExpires()
		if ok && !r.raised && least > r.expires && least <= uint32(mostExpires/time.Second) {
			r.expires, r.raised, r.tries = least, true, digest.Tries{}
			x.sendRegister(r)
			return
		}
		x.notRegistered(l, "423 "+m.Phrase, 0)
	default:
		after := time.Duration(0)
		if v, ok := m.RetryAfter(); ok {
			after = min(time.Duration(v.Seconds)*time.Second, longestAway)
		}
		x.notRegistered(l, strconv.Itoa(m.Status)+" "+m.Phrase, after)
	}
}

// registered takes the answer that the binding is there.
func (x *Exchange) registered(l *line, m *sip.Message) {
	r := l.reg
	given := time.Duration(r.granted(m)) * time.Second
	if given <= 0 {
		x.notRegistered(l, strconv.Itoa(m.Status)+" without a binding", 0)
		return
	}
	if r.until.IsZero() || r.fails > 0 {
		r.since = x.now
		x.log.Info("registered at trunk", "trunk", l.Name, "for", given)
	}
	r.until, r.fails, r.why = x.now.Add(given), 0, ""
	// Well before it ends, so that several tries fit in: between 70 and 80 % of the time, not all trunks at once.
	r.next = x.now.Add(given*7/10 + time.Duration(x.opt.Rand.Uint64()%uint64(given/10+1)))
}

// granted is how many seconds the registrar gave our Contact. RFC 3261 section
// 10.3 step 8: each Contact of the answer "MUST feature an "expires" parameter";
// section 10.2.4: "The UA compares each contact address to see if it created the
// contact address". The same account may be registered from elsewhere, too, or
// still from an address that we had before. A registrar that writes another
// address into ours than we did, as many do behind a NAT, is known by the user
// part: the one that ends first is then taken for it.
func (r *registration) granted(m *sip.Message) uint32 {
	all := r.expires
	if n, ok := m.Expires(); ok {
		all = n
	}
	user := r.of.Register.Contact
	if user == "" {
		user = r.of.Username
	}
	least := uint32(0) // of those that may be ours; 0: there is none
	for a, err := range m.Addrs(sip.HContact) {
		if err != nil {
			continue
		}
		u, err := a.URI()
		if err != nil || sip.Unescape(u.User) != user {
			continue
		}
		n, ok := a.Expires()
		switch own := u.Equal(r.contact); {
		case !ok && own:
			return min(all, uint32(mostExpires/time.Second))
		case !ok:
		case own:
			return min(n, uint32(mostExpires/time.Second))
		case least == 0 || n < least:
			least = n
		}
	}
	if least > 0 {
		all = least
	}
	return min(all, uint32(mostExpires/time.Second))
}

// notRegistered notes a failure and when to try again.
func (x *Exchange) notRegistered(l *line, why string, after time.Duration) {
	r := l.reg
	if r == nil {
		return
	}
	r.asked = false
	if r.fails == 0 && !x.now.Before(r.until) {
		r.since = x.now
	}
	r.fails++
	if r.why != why {
		x.log.Warn("not registered at trunk", "trunk", l.Name, "why", why)
	}
	r.why = why
	// RFC 5626 section 4.5: "W = min( max-time, (base-time * (2 ^ consecutive-failures)))", and
	// "a uniform random value between 50 and 100% of the upper bound wait time".
	most := min(longestRetry, firstRetry<<min(r.fails-1, 8))
	wait := most/2 + time.Duration(x.opt.Rand.Uint64()%uint64(most/2+1))
	r.next = x.now.Add(max(wait, after))
}

// unregister takes a binding back; nobody waits for the answer.
func (x *Exchange) unregister(l *line) {
	r := l.reg
	if r == nil {
		return
	}
	l.reg = nil
	if r.leaving || !x.now.Before(r.until) {
		return
	}
	r.leaving, r.tries = true, digest.Tries{}
	x.leaving = append(x.leaving, leaving{r, x.now.Add(unregisterFor)})
	x.lineIDs++
	r.ref = notCall | x.lineIDs // its answers are no longer the line's
	x.sendRegister(r)
}

// A leaving registration is being taken back.
type leaving struct {
	reg   *registration
	until time.Time
}

// left takes the answer to a REGISTER that takes a binding back, or the lack of one.
func (x *Exchange) left(ref uint64, m *sip.Message) {
	for i := range x.leaving {
		r := x.leaving[i].reg
		if r.ref != ref {
			continue
		}
		if m != nil && (m.Status == 401 || m.Status == 407) && r.auth.Challenged(m, &r.tries) == nil {
			x.sendRegister(r)
			return
		}
		x.leaving = append(x.leaving[:i], x.leaving[i+1:]...)
		return
	}
}

// stillLeaving tells whether a registrar's answer is worth waiting for; those that took too long are given up.
func (x *Exchange) stillLeaving() bool {
	keep := x.leaving[:0]
	for _, l := range x.leaving {
		if x.now.Before(l.until) {
			keep = append(keep, l)
		}
	}
	clear(x.leaving[len(keep):])
	x.leaving = keep
	return len(keep) > 0
}

// leavingUntil is when the next of them is given up; zero: never.
func (x *Exchange) leavingUntil() time.Time {
	if len(x.leaving) == 0 {
		return time.Time{}
	}
	return x.leaving[0].until
}

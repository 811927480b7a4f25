package exchange

import (
	"net/netip"
	"strings"
	"time"

	"onhook/sip"
)

// A guard makes guessing passwords hopeless: a source with wrong credentials too
// often gets no more answers for a time, whatever users it names. A phone that
// has proven who it is goes on, though others guess from behind the same
// address: its own port is known. What the source address of a datagram says can
// be forged; so nothing is blocked but the beginning of calls and registrations.
type guard struct {
	sources map[netip.Prefix]suspect
	known   map[netip.AddrPort]knownFlow
}

// A suspect is a source that sent wrong credentials.
type suspect struct {
	n     int // since then
	since time.Time
	until time.Time // it is blocked
	times int       // how often it was
}

// A knownFlow is where a user proved who it is.
type knownFlow struct {
	user  string
	at    time.Time
	wrong int // credentials of other users that came from there
}

// Guesses are what a source may have wrong within failureWindow. It is blocked
// for blockFirst then, and longer each time until blockLongest.
const (
	guessesAllowed = 10
	blockFirst     = 15 * time.Minute
	blockGrows     = 4
	blockLongest   = 24 * time.Hour
	suspectsKept   = 10_000
	knownKept      = 100_000
	knownFor       = 24 * time.Hour
)

func newGuard() guard {
	return guard{sources: map[netip.Prefix]suspect{}, known: map[netip.AddrPort]knownFlow{}}
}

// sourceOf is what a source counts by: its address, in IPv6 its /64.
func sourceOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the length fits the family
	return p
}

// blocked tells whether a source gets no answer.
func (g *guard) blocked(now time.Time, from netip.AddrPort) bool {
	if len(g.sources) == 0 {
		return false
	}
	s, ok := g.sources[sourceOf(from.Addr())]
	return ok && now.Before(s.until) && !g.knows(now, from)
}

func (g *guard) knows(now time.Time, from netip.AddrPort) bool {
	k, ok := g.known[from]
	return ok && now.Sub(k.at) < knownFor && k.wrong <= guessesAllowed
}

// proven notes that a user has proven who it is.
func (g *guard) proven(now time.Time, user string, from netip.AddrPort) {
	k, ok := g.known[from]
	if !ok && len(g.known) >= knownKept {
		g.forgetKnown(now)
	}
	if k.user != user {
		k = knownFlow{user: user, wrong: k.wrong}
	}
	k.at = now
	g.known[from] = k
}

// wrong notes wrong credentials, and returns for how long their source is
// blocked from now on; 0: it is not.
func (g *guard) wrong(now time.Time, user string, from netip.AddrPort) time.Duration {
	if k, ok := g.known[from]; ok {
		// A phone that proved one user and guesses at others is no better than a stranger.
		if k.user != user {
			k.wrong++
			g.known[from] = k
		}
	}
	key := sourceOf(from.Addr())
	s, ok := g.sources[key]
	if !ok && len(g.sources) >= suspectsKept {
		g.forgetSuspects(now)
	}
	if now.Sub(s.since) > failureWindow {
		s.n, s.since = 0, now
	}
	s.n++
	var d time.Duration
	if s.n > guessesAllowed {
		d = blockFirst
		for range s.times {
			d = min(d*blockGrows, blockLongest)
		}
		s.times++
		s.n, s.until = 0, now.Add(d)
	}
	g.sources[key] = s
	return d
}

// forgetSuspects makes room: those who are not blocked go, or everybody if all are.
func (g *guard) forgetSuspects(now time.Time) {
	for k, s := range g.sources {
		if !now.Before(s.until) {
			delete(g.sources, k)
		}
	}
	if len(g.sources) >= suspectsKept {
		clear(g.sources)
	}
}

func (g *guard) forgetKnown(now time.Time) {
	for k, f := range g.known {
		if now.Sub(f.at) >= knownFor {
			delete(g.known, k)
		}
	}
	if len(g.known) >= knownKept {
		clear(g.known)
	}
}

// shut tells whether a packet is left unread, since its source is blocked. What
// belongs to calls that are up is read.
func (x *Exchange) shut(f sip.Flow, text string) bool {
	if !x.guard.blocked(x.now, f.Remote) || x.trunkOf(f) != nil {
		return false
	}
	for _, s := range [...]string{"SIP/2.0 ", "ACK ", "BYE ", "CANCEL ", "PRACK ", "UPDATE ", "INFO "} {
		if strings.HasPrefix(text, s) {
			return false
		}
	}
	x.count.Blocked++
	return true
}

// guessed notes wrong credentials.
func (x *Exchange) guessed(user string, f sip.Flow) {
	d := x.guard.wrong(x.now, user, f.Remote)
	if d == 0 {
		return
	}
	key := sourceOf(f.Remote.Addr())
	// Sources may be forged: followers and webhooks are told of no more than the log is.
	if told, more := x.shutOut.warn(x, "wrong credentials too often: the source gets no more answers", "source", key, "for", d); told {
		until := x.now.Add(d).UTC()
		x.tellSource(SourceBlocked, SourceChange{Source: sourceText(key), Until: &until, Times: x.guard.sources[key].times, More: more})
	}
}

package exchange

import (
	"net/netip"
	"time"

	"onhook/route"
	"onhook/sip"
)

// A Trunk is another server that calls come from and go to.
type Trunk struct {
	Name      string
	Host      string // name or address
	Port      uint16 // 0: by RFC 3263
	Transport sip.Transport
	Username  string
	Password  string
	Realm     string // the only one whose challenge is answered; empty: any, of the trunk's own
	Register  Registration
	Record    RecordMode
	Channels  int // most calls at once, both ways; 0: no bound
	PerSec    int // most new calls in a second, both ways; 0: no bound
	Options   time.Duration
	DownAfter int // OPTIONS in a row without a good answer until it counts as down; 0: 2
	UpAfter   int // good answers in a row until it counts as up again; 0: 2
	Sources   []netip.Prefix
	Disabled  bool
	Numbers   NumberRules
	CallerID  CallerID
}

// NumberRules are what becomes of numbers at a trunk.
type NumberRules struct {
	Out       route.Rewrites // the number called, of calls that leave by it
	In        route.Rewrites // the number called, of calls that come by it
	CallerOut route.Rewrites // the caller's number, of calls that leave by it
	CallerIn  route.Rewrites // the caller's number, of calls that come by it
}

// A CallerID says who a trunk is told is calling.
type CallerID struct {
	Number    string // instead of the caller's; empty: the caller's
	Name      string // instead of the caller's; empty: the caller's
	Domain    string // of From and P-Asserted-Identity; empty: Settings.Domain
	Anonymous bool   // no caller is shown
	Undivert  bool   // nor who sent a call on to it
	Trusted   bool   // P-Asserted-Identity is told to it and believed of it (RFC 3325)
}

// A TrunkGroup is several trunks to the same places, tried one after the other.
type TrunkGroup struct {
	Name    string
	Members []TrunkMember
}

// A TrunkMember is one of a group. The lowest priority is tried first; among equals chance
// chooses, by weight (as RFC 2782 has it for hosts).
type TrunkMember struct {
	Trunk    string
	Priority int
	Weight   int
}

// A line is what is known of a trunk while the server runs.
type line struct {
	*Trunk
	id     uint64 // of requests to it
	key    string // in Exchange.inUse
	word   string // an operator's: "disabled" or "enabled"; empty: as configured
	health health
	reg    *registration // nil: it is not registered with
	away   time.Time     // it asked to be left alone until then
	found  []netip.Addr  // what Host resolves to, if Sources are not configured
	findAt time.Time     // when that is looked up next; zero: never
	second int64         // for PerSec
	taken  int
	told   string // what watchers were told last: TrunkUp, TrunkDown; empty: nothing
}

// configureLines makes the lines of the trunks; what is known of those that stay, stays.
func (x *Exchange) configureLines() {
	old := x.lines
	x.askKnown = false
	x.lines = make(map[string]*line, len(x.set.Trunks))
	for i := range x.set.Trunks {
		t := &x.set.Trunks[i]
		l := old[t.Name]
		if l == nil {
			x.lineIDs++
			l = &line{id: x.lineIDs, key: "trunk " + t.Name}
		}
		l.Trunk = t
		x.configureHealth(l)
		x.configureRegistration(l)
		x.configureSources(l)
		x.lines[t.Name] = l
		delete(old, t.Name)
	}
	for _, l := range old {
		x.unregister(l)
	}
	x.groups = make(map[string]*TrunkGroup, len(x.set.TrunkGroups))
	for i := range x.set.TrunkGroups {
		x.groups[x.set.TrunkGroups[i].Name] = &x.set.TrunkGroups[i]
	}
}

// disabled tells whether it takes and gets no calls.
func (l *line) disabled() bool {
	if l.word != "" {
		return l.word == "disabled"
	}
	return l.Trunk.Disabled
}

// down says why no call is sent to it, or "" if it is not known to be down.
func (l *line) down(now time.Time) string {
	switch {
	case l.health.down:
		return l.health.why
	case now.Before(l.away):
		return "it asked to be left alone until " + l.away.UTC().Format(time.RFC3339)
	case l.reg != nil:
		return l.reg.missing(now)
	}
	return ""
}

// full tells whether it has no room for more calls; own are calls counted already that are asked about.
func (x *Exchange) fullLine(l *line, own int) refusal {
	if l.Channels > 0 && x.inUse[l.key] > l.Channels-1+own {
		return refusal{cause: "NORMAL_CIRCUIT_CONGESTION", detail: l.Name + " has as many calls as it may"}
	}
	if sec := x.now.Unix(); sec != l.second {
		l.second, l.taken = sec, 0
	}
	if l.PerSec > 0 && l.taken > l.PerSec-1+own {
		return refusal{cause: "NORMAL_CIRCUIT_CONGESTION", detail: l.Name + " has had as many calls in this second as it may"}
	}
	return refusal{}
}

// unfit says why no call can leave by a trunk now, in the order of outcome/README section 3 rule 1.
func (x *Exchange) unfit(l *line) refusal {
	if l.disabled() {
		return refusal{cause: "REQUESTED_CHAN_UNAVAIL", detail: "the trunk " + l.Name + " is disabled"}
	}
	if why := l.down(x.now); why != "" {
		return refusal{cause: "GATEWAY_DOWN", detail: why}
	}
	return x.fullLine(l, 0)
}

// occupy counts a call on a line.
func (x *Exchange) occupy(c *live, l *line) {
	x.hold(c, l.key)
	if sec := x.now.Unix(); sec != l.second {
		l.second, l.taken = sec, 0
	}
	l.taken++
}

// longestAway bounds how long one answer may keep a trunk out of choice.
const longestAway = time.Hour

// leaveAlone keeps a trunk out of choice. RFC 3261 section 21.5.4: a client
// "SHOULD NOT forward any other requests to that server for the duration
// specified in the Retry-After header field, if present".
func (x *Exchange) leaveAlone(l *line, m *sip.Message) {
	r, ok := m.RetryAfter()
	if m.Status != 503 || !ok || r.Seconds == 0 {
		return
	}
	d := min(time.Duration(r.Seconds)*time.Second, longestAway)
	if until := x.now.Add(d); until.After(l.away) {
		l.away = until
		x.log.Warn("trunk asked to be left alone", "trunk", l.Name, "for", d)
	}
}

// trunkURI is the URI of a number at a trunk, or of the trunk itself.
func trunkURI(t *Trunk, number string) string {
	return hostURI(number, t.Host, t.Port, t.Transport)
}

func hostURI(user, host string, port uint16, transport sip.Transport) string {
	u := sip.URI{Scheme: "sip", User: sip.EscapeUser(user), Host: host, Port: port}
	if transport != sip.NoTransport && transport != sip.UDP {
		u.Params = sip.Params(";transport=" + transport.Param())
	}
	return u.String()
}

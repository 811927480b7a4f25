package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// A Trunk is a line to another server.
type Trunk struct {
	Name         string         `yaml:"name" need:"yes" doc:"How routes name it."`
	Address      HostPort       `yaml:"address" need:"yes" doc:"The other server: a host name (looked up by RFC 3263, its addresses tried one after the other) or an IP address, with or without a port."`
	Transport    Transport      `yaml:"transport" doc:"Empty: as RFC 3263 finds it."`
	Username     string         `yaml:"username" doc:"For its challenges. Empty: a challenge is not answered."`
	Password     Secret         `yaml:"password" doc:"For its challenges; or password_file."`
	PasswordFile string         `yaml:"password_file" doc:"A file whose first line is the password; a relative path starts at the configuration file's folder."`
	Realm        string         `yaml:"realm" doc:"The only realm whose challenges are answered. Empty: any realm, but only from the trunk itself."`
	Register     Register       `yaml:"register" doc:"Registration at the trunk, for one that sends its calls to where its customer has registered from."`
	Channels     int            `yaml:"channels" default:"0" min:"0" max:"1000000" doc:"Calls on it at the same time, both ways; one more gets NORMAL_CIRCUIT_CONGESTION, 503. 0: no limit."`
	PerSecond    int            `yaml:"per_second" default:"0" min:"0" max:"1000000" doc:"New calls on it in a second, both ways; one more gets NORMAL_CIRCUIT_CONGESTION, 503. 0: no limit."`
	Options      time.Duration  `yaml:"options" default:"0s" max:"1h" doc:"How often it is asked by OPTIONS whether it is there. 0s: never; it counts as up."`
	DownAfter    int            `yaml:"down_after" default:"2" min:"1" max:"100" doc:"So many OPTIONS in a row without an answer, or answered by 503, and it is down: calls to it get GATEWAY_DOWN, 503, or the next trunk of their route."`
	UpAfter      int            `yaml:"up_after" default:"2" min:"1" max:"100" doc:"So many good answers in a row, and a trunk that was down is up again."`
	Sources      []netip.Prefix `yaml:"sources" doc:"Where its calls come from, as addresses or networks. Empty: the addresses of the trunk, looked up every 5 minutes if it is a name. A call from anywhere else is not the trunk's, whatever it says."`
	Disabled     bool           `yaml:"disabled" default:"false" doc:"Takes and gets no calls: REQUESTED_CHAN_UNAVAIL, 503. onhook trunks enable and disable change it until the server ends."`
	Numbers      TrunkNumbers   `yaml:"numbers" doc:"What becomes of numbers at the trunk. Of each list the first rule that matches is applied; a number that none matches stays as it is."`
	Record       RecordMode     `yaml:"record" default:"never" doc:"Which of its calls are recorded: always, or those for which an extension presses recording.code."`
	CallerID     CallerID       `yaml:"caller_id" doc:"Who the trunk is told is calling."`
}

// Register says how to register at a trunk.
type Register struct {
	Enabled   bool          `yaml:"enabled" default:"false" doc:"Register, with username and password. As long as it fails the trunk is down: GATEWAY_DOWN. Tries again after about 30 s, then ever later, at most 30 min (RFC 5626)."`
	Registrar HostPort      `yaml:"registrar" doc:"Where to register. Empty: the address of the trunk."`
	Domain    string        `yaml:"domain" doc:"The domain of the address that is registered: username@domain. Empty: the host of the registrar."`
	Contact   string        `yaml:"contact" doc:"The number that its calls are for: the user part of the Contact. Empty: username."`
	Expires   time.Duration `yaml:"expires" default:"1h" min:"10s" max:"24h" doc:"For how long to register each time; refreshed well before. A registrar that wants longer (423) gets it."`
}

// TrunkNumbers are the rules of a trunk.
type TrunkNumbers struct {
	Out       []NumberRule `yaml:"out" doc:"The number called, of calls that leave by the trunk, after the route's number."`
	In        []NumberRule `yaml:"in" doc:"The number called, of calls that come by the trunk, before the routes."`
	CallerOut []NumberRule `yaml:"caller_out" doc:"The caller's number, of calls that leave by the trunk."`
	CallerIn  []NumberRule `yaml:"caller_in" doc:"The caller's number, of calls that come by the trunk."`
}

// A NumberRule rewrites numbers.
type NumberRule struct {
	Match  string `yaml:"match" doc:"A regular expression (RE2) over the whole number. Empty: every number."`
	Strip  int    `yaml:"strip" default:"0" min:"0" max:"64" doc:"So many characters are taken off the front."`
	Prefix string `yaml:"prefix" doc:"Then this is put before it."`
	Number string `yaml:"number" doc:"Instead of both: the new number, such as +49$1. $1 is what the first pair of brackets in match took."`
}

// CallerID says who a trunk is told is calling.
type CallerID struct {
	Number    string `yaml:"number" doc:"The number of every call. Empty: the caller's own, after numbers.caller_out."`
	Name      string `yaml:"name" doc:"The name of every call. Empty: the caller's own."`
	Domain    string `yaml:"domain" doc:"The host in From and P-Asserted-Identity. Empty: domain."`
	Anonymous bool   `yaml:"anonymous" default:"false" doc:"No caller is shown: From is anonymous, with Privacy: id. So it is for a caller that asks for it, too."`
	Diversion bool   `yaml:"diversion" default:"true" doc:"Diversion and History-Info tell the trunk which extension sent a call on to it. Never where anonymous is on and trusted is off."`
	Trusted   bool   `yaml:"trusted" default:"false" doc:"P-Asserted-Identity (RFC 3325) is told to the trunk, of a caller that is not shown too, and believed of it. Without it neither."`
}

// A TrunkGroup is several trunks to the same places.
type TrunkGroup struct {
	Name   string        `yaml:"name" need:"yes" doc:"How routes name it: trunk:NAME. No trunk has this name."`
	Trunks []TrunkMember `yaml:"trunks" need:"yes" doc:"Its trunks. One that is disabled, down or full is passed over; after a 5xx, a 408, no answer or an unreachable trunk the next is tried, but not once the called party has answered or refused."`
}

// A TrunkMember is one trunk of a group.
type TrunkMember struct {
	Trunk    string `yaml:"trunk" need:"yes" doc:"The name of a trunk."`
	Priority int    `yaml:"priority" default:"0" min:"0" max:"65535" doc:"The lowest is tried first."`
	Weight   int    `yaml:"weight" default:"1" min:"0" max:"65535" doc:"Among those of the same priority: how often it comes first, in proportion."`
}

// A Route leads numbers to destinations.
type Route struct {
	Match   string              `yaml:"match" need:"yes" doc:"A regular expression (RE2) over the whole number."`
	To      []route.Destination `yaml:"to" need:"yes" doc:"Where the number leads, or a list to be tried in order. $1 is what the first pair of brackets in match took. A trunk after a trunk is tried only if the first failed: 5xx, 408, no answer, unreachable, disabled, down or full; what the called party decided stands."`
	Number  string              `yaml:"number" doc:"What a trunk is given to dial, such as +$1. Empty: the number as dialled."`
	Ring    time.Duration       `yaml:"ring" default:"0s" max:"1h" doc:"How long it may ring. 0s: as the group or timers.ring says."`
	Transit bool                `yaml:"transit" default:"false" doc:"Calls that came in by a trunk may leave by this route's trunk. Without it they are refused."`
	Hours   string              `yaml:"hours" doc:"The name of one of hours: outside it calls go where closed says. Empty: always open."`
	Closed  route.Destination   `yaml:"closed" doc:"Where the number leads outside the hours. Empty: the route does not count then, and the next one that matches does."`
	Record  RecordMode          `yaml:"record" default:"never" doc:"Which calls that come by it are recorded: always, or those for which an extension presses recording.code."`

	Transfer TransferRight `yaml:"transfer" default:"nobody" doc:"By whose rights those may transfer the call (REFER), or send it on by a trunk (3xx), who answer at a sip: address of this route, and whom nobody has authenticated. nobody: their transfers are refused, 603, and they send no call to a trunk. caller: the caller's, whose account pays; of a call that the API made, the server's own. Extensions and trunks transfer by their own rights whatever it says."`
}

// Rewrites are number rules as the route package has them.
func Rewrites(list []NumberRule) []route.Rewrite {
	out := make([]route.Rewrite, len(list))
	for i, r := range list {
		out[i] = route.Rewrite(r)
	}
	return out
}

func (c *checker) trunks() {
	for i := range c.config.Trunks {
		t, path := &c.config.Trunks[i], fmt.Sprintf("trunks[%d]", i)
		if t.Password != "" && t.PasswordFile != "" {
			c.report(path, "both password and password_file", "one of them")
		}
		if t.Username == "" && (t.Password != "" || t.PasswordFile != "") {
			c.report(path, "a password without a username", "username")
		}
		if t.Username != "" && t.Password == "" && t.PasswordFile == "" && !c.bad(path+".password") && !c.bad(path+".password_file") {
			c.report(path, "a username without a password", "password or password_file")
		}
		if t.Register.Enabled && t.Username == "" && !c.bad(path+".username") {
			c.report(path+".register.enabled", "true without a username", "username and password, or password_file")
		}
		c.header(path+".username", t.Username)
		c.header(path+".realm", t.Realm)
		c.header(path+".caller_id.name", t.CallerID.Name)
		c.host(path+".register.domain", t.Register.Domain)
		c.host(path+".caller_id.domain", t.CallerID.Domain)
		c.dialled(path+".register.contact", t.Register.Contact)
		c.dialled(path+".caller_id.number", t.CallerID.Number)
		for key, rules := range map[string][]NumberRule{"out": t.Numbers.Out, "in": t.Numbers.In, "caller_out": t.Numbers.CallerOut, "caller_in": t.Numbers.CallerIn} {
			c.rewrites(path+".numbers."+key, rules)
		}
	}
	c.trunkGroups()
}

// rewrites notes what package route says of number rules.
func (c *checker) rewrites(path string, rules []NumberRule) {
	_, err := route.NewRewrites(Rewrites(rules))
	var p *route.Problem
	if !errors.As(err, &p) || c.bad(path) {
		return
	}
	place, key, _ := strings.Cut(strings.TrimPrefix(p.Path, "["), "].")
	n, err := strconv.Atoi(place)
	if err != nil {
		return
	}
	r := rules[n]
	c.report(path+p.Path, strconv.Quote(map[string]string{"match": r.Match, "number": r.Number}[key]), "a rule that can be applied").Why = p.Err.Error()
}

func (c *checker) trunkGroups() {
	known, taken := trunkNames(c.config), map[string]bool{}
	for i, g := range c.config.TrunkGroups {
		path := fmt.Sprintf("trunk_groups[%d]", i)
		switch {
		case c.bad(path + ".name"):
		case !validName(g.Name):
			c.report(path+".name", strconv.Quote(g.Name), nameRule)
		case taken[g.Name] || slices.Contains(known, g.Name):
			c.report(path+".name", strconv.Quote(g.Name)+" a second time", "a name that no other group and no trunk has")
		}
		taken[g.Name] = true
		seen := map[string]bool{}
		for j, m := range g.Trunks {
			at := fmt.Sprintf("%s.trunks[%d].trunk", path, j)
			switch {
			case c.bad(at):
			case seen[m.Trunk]:
				c.report(at, strconv.Quote(m.Trunk)+" a second time", "each trunk once")
			case !slices.Contains(known, m.Trunk):
				c.report(at, strconv.Quote(m.Trunk), "the name of a trunk that is configured").Nearest = nearest(m.Trunk, known)
			}
			seen[m.Trunk] = true
		}
		if len(g.Trunks) == 0 && !c.bad(path+".trunks") {
			c.report(path+".trunks", "nothing", "at least one trunk")
		}
	}
}

// host checks the name of a host without a port.
func (c *checker) host(path, value string) {
	if value == "" || c.bad(path) {
		return
	}
	if h, err := parseHostPort(value); err != nil || h.Port != 0 {
		c.report(path, strconv.Quote(value), "a host name or an IP address, without a port")
	}
}

// dialled checks a number that is told to others.
func (c *checker) dialled(path, value string) {
	if value != "" && !validName(value) && !c.bad(path) {
		c.report(path, strconv.Quote(value), "a number, of at most 64 letters, digits and - _ . + * #")
	}
}

// header checks a text that goes into a quoted string of a header.
func (c *checker) header(path, value string) {
	if strings.ContainsAny(value, "\"\\\r\n\x00") {
		c.report(path, strconv.Quote(value), "a text without quotation marks, backslashes and line breaks")
	}
}

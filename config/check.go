package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"onhook/route"
)

// A checker finds what is wrong with values that are well formed each for itself.
type checker struct {
	config *Config
	errors Errors
}

// report notes an error at a path of the file.
func (c *checker) report(path, got, want string) *Error {
	at := c.config.at.find(path)
	c.errors = append(c.errors, Error{File: c.config.file, Path: path, Line: at.line, Column: at.column, Got: got, Want: want})
	return &c.errors[len(c.errors)-1]
}

// bad reports whether an error stands at a path or below it already: what could not
// be read is not judged.
func (c *checker) bad(path string) bool {
	return slices.ContainsFunc(c.errors, func(e Error) bool {
		rest, found := strings.CutPrefix(e.Path, path)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

func (c *checker) all() {
	c.domain()
	c.listen()
	c.names()
	c.users()
	c.groups()
	c.trunks()
	c.hours()
	c.routes()
	c.policies()
	c.outside()
	c.hep()
	c.menus()
	c.queues()
	c.hooks()
	c.webhooks()
	c.traces()
	c.voicemail()
	c.codes()
	c.speed()
	c.parking()
	c.rooms()
	c.recording()
	c.api()
	c.wireCodes()
}

func (c *checker) domain() {
	if h, err := parseHostPort(c.config.Domain); err != nil || h.Port != 0 {
		c.report("domain", strconv.Quote(c.config.Domain), "a host name or an IP address, without a port")
	}
	if strings.ContainsAny(c.config.Auth.Realm, "\"\\\r\n") {
		c.report("auth.realm", strconv.Quote(c.config.Auth.Realm), "a text without quotation marks, backslashes and line breaks")
	}
	if c.config.Data == "" {
		c.report("data", "nothing", "the path of a folder")
	}
	if c.config.Auth.MD5First && !c.config.Auth.MD5 {
		c.report("auth.md5_first", "true", "false where auth.md5 is false")
	}
}

func (c *checker) listen() {
	if len(c.config.Listen) == 0 && !c.bad("listen") {
		c.report("listen", "nothing", kinds[typeOfListen].want)
	}
	seen := make(map[Listen]bool)
	for i, l := range c.config.Listen {
		// Port 0 is any free port, each time another.
		if seen[l] && l.Addr.Port() != 0 {
			c.report(fmt.Sprintf("listen[%d]", i), strconv.Quote(l.String())+" a second time", "each address once")
		}
		seen[l] = true
	}
}

// names checks that names are well formed and each is there once. Users and groups
// are dialled by their names and so share them.
func (c *checker) names() {
	dialled, trunks := make(map[string]string), make(map[string]string)
	one := func(section string, i int, name string, taken map[string]string) {
		path := fmt.Sprintf("%s[%d].name", section, i)
		if name == "" || c.bad(path) {
			return
		}
		if !validName(name) {
			c.report(path, strconv.Quote(name), nameRule)
			return
		}
		if before, twice := taken[name]; twice {
			c.report(path, strconv.Quote(name)+" a second time", "a name of its own: "+before+" has this one")
			return
		}
		taken[name] = fmt.Sprintf("%s[%d]", section, i)
	}
	for i, u := range c.config.Users {
		one("users", i, u.Name, dialled)
	}
	for i, g := range c.config.Groups {
		one("groups", i, g.Name, dialled)
	}
	for i, t := range c.config.Trunks {
		one("trunks", i, t.Name, trunks)
	}
}

// nameRule is what a name has to be.
const nameRule = "a name of at most 64 letters, digits and - _ . + * #"

// ownName checks the name of an entry of a list, against those that entries before it have taken, and takes it.
func (c *checker) ownName(path, name string, taken map[string]bool) {
	switch {
	case name == "" || c.bad(path):
	case !validName(name):
		c.report(path, strconv.Quote(name), nameRule)
	case taken[name]:
		c.report(path, strconv.Quote(name)+" a second time", "a name of its own")
	}
	taken[name] = true
}

// validName reports whether a name can stand in a URI, in a quoted string and in a
// log line without being escaped, but for #.
func validName(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && !strings.ContainsRune("-_.+*#", rune(b)) {
			return false
		}
	}
	return s != ""
}

func (c *checker) users() {
	for i, u := range c.config.Users {
		path := fmt.Sprintf("users[%d]", i)
		given := 0
		for _, is := range []bool{u.Password != "", u.PasswordFile != "", u.HA1 != (HA1{})} {
			if is {
				given++
			}
		}
		if given != 1 && !c.bad(path+".password") && !c.bad(path+".password_file") && !c.bad(path+".ha1") {
			c.report(path, count(given)+" of password, password_file and ha1", "exactly one")
		}
		c.hash(path+".ha1.sha256", u.HA1.SHA256, 64)
		c.hash(path+".ha1.md5", u.HA1.MD5, 32)
		c.weak(path, u)
		if strings.ContainsAny(u.Display, "\r\n\x00") {
			c.report(path+".display", strconv.Quote(u.Display), "a name on one line")
		}
		c.numbers(path+".blocked", u.Blocked)
		c.forward(path, u)
		if u.Moved != "" && (!validName(u.Moved) || u.Moved == u.Name) && !c.bad(path+".moved") {
			c.report(path+".moved", strconv.Quote(u.Moved), "another number, of at most 64 letters, digits and - _ . + * #")
		}
		if u.MD5First && !c.config.Auth.MD5 {
			c.report(path+".md5_first", "true", "false where auth.md5 is false")
		}
		if u.HA1.MD5 != "" && u.HA1.SHA256 == "" && !c.config.Auth.MD5 {
			c.report(path+".ha1", "md5 alone", "sha256, since auth.md5 is false")
		}
	}
}

// weak warns of a password that scanners try first.
func (c *checker) weak(path string, u User) {
	if u.Password != "" && (string(u.Password) == u.Name || len(u.Password) < 8) {
		at := c.config.at.find(path + ".password")
		c.config.Warnings = append(c.config.Warnings, fmt.Sprintf(
			"%s:%d:%d: %s.password: the password of %s is its name or shorter than 8 characters: it will be guessed", c.config.file, at.line, at.column, path, u.Name))
	}
}

func count(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

func (c *checker) hash(path string, h Hash, digits int) {
	if h == "" {
		return
	}
	if err := parseHash(string(h), digits); err != nil {
		c.report(path, "a secret", fmt.Sprintf("%d hexadecimal digits", digits))
	}
}

func (c *checker) groups() {
	users, groups := userNames(c.config), groupNames(c.config)
	for i, g := range c.config.Groups {
		seen := make(map[string]bool)
		for j, member := range g.Members {
			path := fmt.Sprintf("groups[%d].members[%d]", i, j)
			switch {
			case c.bad(path):
			case seen[member]:
				c.report(path, strconv.Quote(member)+" a second time", "each member once")
			case !slices.Contains(users, member) && !slices.Contains(groups, member):
				c.report(path, strconv.Quote(member), "the name of a user or a group").Nearest = nearest(member, slices.Concat(users, groups))
			}
			seen[member] = true
		}
		c.groupHours(fmt.Sprintf("groups[%d]", i), &g)
		if g.Delay > 0 && g.Strategy == InTurn {
			c.report(fmt.Sprintf("groups[%d].delay", i), g.Delay.String(), "no delay with strategy: in_turn")
		}
		if loop := c.loop(g.Name, g.Name, map[string]bool{}); loop != "" {
			c.report(fmt.Sprintf("groups[%d].members", i), loop, "members that do not lead back to the group")
		}
	}
}

// loop gives the way from a group back to itself, empty if there is none.
func (c *checker) loop(from, to string, seen map[string]bool) string {
	if seen[from] {
		return ""
	}
	seen[from] = true
	for _, g := range c.config.Groups {
		if g.Name != from {
			continue
		}
		for _, member := range g.Members {
			if member == to {
				return from + " -> " + to
			}
			if way := c.loop(member, to, seen); way != "" {
				return from + " -> " + way
			}
		}
	}
	return ""
}

func (c *checker) routes() {
	names := map[route.Kind][]string{route.ToUser: userNames(c.config), route.ToGroup: groupNames(c.config), route.ToTrunk: append(trunkNames(c.config), trunkGroupNames(c.config)...), route.ToApp: c.config.Apps()}
	for i, r := range c.config.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		if !c.bad(path) {
			for _, p := range route.CheckRule(r.rule()) {
				c.rule(path, r, p)
			}
		}
		c.open(path, r.Hours, r.Closed)
		c.transfer(path, &r)
		for j, d := range slices.Concat(r.To, []route.Destination{r.Closed}) {
			at := c.item(path+".to", j)
			if j == len(r.To) {
				at = path + ".closed"
			}
			known, named := names[d.Kind]
			c.transport(at, d)
			if !named || !d.Literal() || c.bad(at) || d == (route.Destination{}) {
				continue
			}
			if !slices.Contains(known, d.Text) && !inCode(d) {
				want := fmt.Sprintf("the name of a %s that is configured", d.Kind)
				if d.Kind == route.ToApp {
					want = "an application that is configured"
				}
				e := c.report(at, strconv.Quote(d.String()), want)
				if near := nearest(d.Text, known); near != "" {
					e.Nearest = route.Destination{Kind: d.Kind, Text: near}.String()
				}
			}
		}
	}
}

// transfer checks that a right to transfer is given to somebody.
func (c *checker) transfer(path string, r *Route) {
	address := func(d route.Destination) bool { return d.Kind == route.ToSIP }
	if r.Transfer == ByCaller && !slices.ContainsFunc(r.To, address) && !address(r.Closed) && !c.bad(path+".to") {
		c.report(path+".transfer", "caller on a route to no sip: address", "a sip: address in to or closed, or no transfer: extensions and trunks transfer by their own rights")
	}
}

// transport warns of an address that no call can reach. It is no error: the calls
// get a record that says so, which is how such a route is found.
func (c *checker) transport(path string, d route.Destination) {
	lower := strings.ToLower(d.Text)
	_, transport, found := strings.Cut(lower, ";transport=")
	transport, _, _ = strings.Cut(transport, ";")
	if d.Kind != route.ToSIP || !strings.HasPrefix(lower, "sips:") && (!found || transport == "udp" || transport == "tcp") {
		return
	}
	at := c.config.at.find(path)
	c.config.Warnings = append(c.config.Warnings, fmt.Sprintf(
		"%s:%d:%d: %s: %q asks for a transport that this version lacks: calls to it fail", c.config.file, at.line, at.column, path, d.Text))
}

// rule notes what package route says of a route.
func (c *checker) rule(path string, r Route, p route.Problem) {
	got := map[string]string{"match": r.Match, "number": r.Number, "closed": r.Closed.String()}[p.Path]
	at := path + "." + p.Path
	if j, found := strings.CutPrefix(p.Path, "to["); found {
		n, err := strconv.Atoi(strings.TrimSuffix(j, "]"))
		if err == nil && n < len(r.To) {
			got, at = r.To[n].String(), c.item(path+".to", n)
		}
	}
	want := map[string]string{"match": "a regular expression over the whole number"}[p.Path]
	c.report(at, strconv.Quote(got), want).Why = p.Err.Error()
}

// item is the path of an item of a list that may be written as one scalar.
func (c *checker) item(path string, i int) string {
	if full := fmt.Sprintf("%s[%d]", path, i); c.config.at[full] != (position{}) {
		return full
	}
	return path
}

func (c *checker) wireCodes() {
	for _, reason := range slices.Sorted(maps.Keys(c.config.Outcome.WireCodes)) {
		code, path := c.config.Outcome.WireCodes[reason], "outcome.wire_codes."+reason
		switch code {
		case 401, 407, 422, 423, 491, 494:
			c.report(path, strconv.Itoa(code), "a final code that asks the caller for nothing")
		}
	}
}

// CheckReasons reports the keys of outcome.wire_codes that are no Bye Reason. The
// list of reasons is package outcome's, which whoever calls passes on. The error is
// of type Errors.
func (c *Config) CheckReasons(reasons []string) error {
	check := checker{config: c}
	for _, reason := range slices.Sorted(maps.Keys(c.Outcome.WireCodes)) {
		if !slices.Contains(reasons, reason) {
			path := "outcome.wire_codes." + reason
			check.report(path, strconv.Quote(reason), "the name of a Bye Reason").Nearest = nearest(reason, reasons)
		}
	}
	return check.errors.asError()
}

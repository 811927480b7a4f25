package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"onhook/route"
)

// A Forward is where the calls of an extension go.
type Forward struct {
	Always      Place         `yaml:"always" doc:"All its calls; its phones do not ring."`
	Busy        Place         `yaml:"busy" doc:"Calls that find it busy (486, do not disturb, or as many calls as it may have). Who refuses a call with 603 is not forwarded."`
	NoAnswer    Place         `yaml:"no_answer" doc:"Calls that ring and are not answered."`
	Unreachable Place         `yaml:"unreachable" doc:"Calls that reach none of its phones, or find none registered."`
	Ring        time.Duration `yaml:"ring" default:"0s" max:"1h" doc:"How long it rings before that is no answer. 0s: as long as any call."`
}

// A Place is a destination, or a number that is called as if the extension had
// dialled it.
type Place string

// parsePlace reads a Place.
func parsePlace(s string) (Place, error) {
	if s == "voicemail" {
		return Place(s), nil
	}
	if isDestination(s) {
		_, err := parseDestination(s)
		return Place(s), err
	}
	if err := route.CheckNumbers(s); err != nil {
		return "", errNothingToAdd
	}
	return Place(s), nil
}

// isDestination tells a destination from a number.
func isDestination(s string) bool {
	d, err := route.ParseDestination(s)
	return err == nil && d.Kind != 0
}

// Of is the place as routes spell it, for an extension; voicemail is its own mailbox.
func (p Place) Of(user string) string {
	if p == "voicemail" {
		return "voicemail:" + user
	}
	return string(p)
}

// forward checks that what an extension's forwards name exists.
func (c *checker) forward(path string, u User) {
	for _, f := range []struct {
		key string
		to  Place
	}{{"always", u.Forward.Always}, {"busy", u.Forward.Busy}, {"no_answer", u.Forward.NoAnswer}, {"unreachable", u.Forward.Unreachable}} {
		at := path + ".forward." + f.key
		if f.to == "" || c.bad(at) {
			continue
		}
		to := f.to.Of(u.Name)
		if d, err := route.ParseDestination(to); err == nil {
			c.destination(at, d)
			if d.Kind == route.ToUser && d.Text == u.Name {
				c.report(at, strconv.Quote(to), "somebody else")
			}
		} else if to == u.Name {
			c.report(at, strconv.Quote(to), "somebody else")
		}
	}
}

// Codes are what extensions dial to set or do something.
type Codes struct {
	ForwardAlways      string `yaml:"forward_always" default:"*21" doc:"With a number behind it: all calls go there. Alone: the number is asked for."`
	ForwardBusy        string `yaml:"forward_busy" default:"*67" doc:"The same for calls that find the extension busy."`
	ForwardNoAnswer    string `yaml:"forward_no_answer" default:"*61" doc:"The same for calls that are not answered."`
	ForwardUnreachable string `yaml:"forward_unreachable" default:"*62" doc:"The same for calls that reach no phone."`
	ForwardOff         string `yaml:"forward_off" default:"#21" doc:"No calls go elsewhere, whatever the configuration says."`
	DNDOn              string `yaml:"dnd_on" default:"*78" doc:"Do not disturb."`
	DNDOff             string `yaml:"dnd_off" default:"*79" doc:"Calls ring again."`
	Park               string `yaml:"park" default:"*70" doc:"Parks the party whom the extension holds at the first free place of parking.slots, and says which one that is."`
	Pickup             string `yaml:"pickup" default:"*8" doc:"Alone: a call that rings in one of one's groups is taken. With an extension behind it: one that rings there."`
}

// A Code is one of Codes.
type Code struct {
	Name string // forward_always
	Text string // *21
	Open bool   // a number may follow

	Hours string // the timetable that it switches; empty: it is none of these
	path  string
}

// CodesInUse are the codes that are not empty, the longest first, as they are to be matched.
func (c *Config) CodesInUse() []Code {
	list := c.Codes.inUse()
	for i := range c.Hours {
		if h := &c.Hours[i]; h.Code != "" {
			list = append(list, Code{Name: "hours:" + h.Name, Text: h.Code, Hours: h.Name, path: fmt.Sprintf("hours[%d].code", i)})
		}
	}
	slices.SortStableFunc(list, func(a, b Code) int { return cmp.Compare(len(b.Text), len(a.Text)) })
	return list
}

func (c *Codes) inUse() (list []Code) {
	for _, code := range []Code{
		{Name: "forward_always", Text: c.ForwardAlways, Open: true},
		{Name: "forward_busy", Text: c.ForwardBusy, Open: true},
		{Name: "forward_no_answer", Text: c.ForwardNoAnswer, Open: true},
		{Name: "forward_unreachable", Text: c.ForwardUnreachable, Open: true},
		{Name: "forward_off", Text: c.ForwardOff},
		{Name: "dnd_on", Text: c.DNDOn},
		{Name: "dnd_off", Text: c.DNDOff},
		{Name: "park", Text: c.Park},
		{Name: "pickup", Text: c.Pickup, Open: true},
	} {
		if code.path = "codes." + code.Name; code.Text != "" {
			list = append(list, code)
		}
	}
	return list
}

// rule leads a code to its application.
func (c Code) rule() route.Rule {
	match := regexp.QuoteMeta(c.Text)
	switch {
	case c.Open:
		match += "(.*)"
	case c.Hours != "":
		match += "[012]?"
	}
	return route.Rule{Match: match, To: []route.Destination{{Kind: route.ToApp, Text: c.app()}}}
}

func (c Code) app() string { return "code:" + c.Name }

// codes checks that the codes can be dialled and told apart.
func (c *checker) codes() {
	seen := map[string]string{}
	for _, code := range c.config.CodesInUse() {
		path := code.path
		if !validName(code.Text) {
			c.report(path, strconv.Quote(code.Text), "at most 64 letters, digits and - _ . + * #")
		}
		if other := seen[code.Text]; other != "" {
			c.report(path, strconv.Quote(code.Text)+" a second time", fmt.Sprintf("a code of its own: %s has this one", other))
		}
		seen[code.Text] = path
	}
}

// A Shortcut is a short number for another one.
type Shortcut struct {
	Code   string `yaml:"code" need:"yes" doc:"What an extension dials, such as *501."`
	Number string `yaml:"number" need:"yes" doc:"What that is: it is called as if the extension had dialled it."`
}

// speed checks the short numbers.
func (c *checker) speed() {
	seen := map[string]bool{}
	for i, s := range c.config.Speed {
		path := fmt.Sprintf("speed[%d]", i)
		switch {
		case s.Code == "" || c.bad(path+".code"):
		case !validName(s.Code):
			c.report(path+".code", strconv.Quote(s.Code), "at most 64 letters, digits and - _ . + * #")
		case seen[s.Code]:
			c.report(path+".code", strconv.Quote(s.Code)+" a second time", "each once")
		}
		seen[s.Code] = true
		if s.Number != "" && (!validName(s.Number) || s.Number == s.Code) && !c.bad(path+".number") {
			c.report(path+".number", strconv.Quote(s.Number), "another number, of at most 64 letters, digits and - _ . + * #")
		}
	}
}

// SpeedNumbers are the short numbers and what they are for.
func (c *Config) SpeedNumbers() map[string]string {
	all := make(map[string]string, len(c.Speed))
	for _, s := range c.Speed {
		all[s.Code] = s.Number
	}
	return all
}

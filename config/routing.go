package config

import (
	"reflect"

	"onhook/route"
)

var typeOfListen = reflect.TypeFor[Listen]()

// RouteOptions is the number plan of this configuration. Local are the domain, the
// advertised address and the addresses listened on; an address that stands for all
// of the machine's (0.0.0.0) is left to whoever opened the sockets to add.
func (c *Config) RouteOptions() route.Options {
	o := route.Options{Users: userNames(c), Trunks: append(trunkNames(c), trunkGroupNames(c)...), Apps: c.Apps(), Local: []string{c.Domain}, Hours: c.Timetables()}
	for _, g := range c.Groups {
		o.Groups = append(o.Groups, route.Group{
			Name: g.Name, Members: g.Members, InTurn: g.Strategy == InTurn, Ring: g.Ring, Delay: g.Delay, Hours: g.Hours, Closed: g.Closed,
		})
	}
	for _, code := range c.CodesInUse() {
		o.Codes = append(o.Codes, code.rule())
		o.Apps = append(o.Apps, code.app())
	}
	for _, r := range c.Routes {
		o.Rules = append(o.Rules, r.rule())
	}
	places, apps := c.parkingRules()
	o.Rules, o.Apps = append(o.Rules, places...), append(o.Apps, apps...)
	o.Rules = append(o.Rules, c.agentRules()...)
	rooms, _ := c.roomRules()
	o.Rules = append(o.Rules, rooms...)
	if c.Advertise.Signalling.Host != "" {
		o.Local = append(o.Local, c.Advertise.Signalling.String())
	}
	seen := map[string]bool{}
	for _, l := range c.Listen {
		if l.Addr.Addr().IsUnspecified() || l.Addr.Port() == 0 {
			continue
		}
		host := HostPort{Host: l.Addr.Addr().String(), Port: l.Addr.Port()}.String()
		if !seen[host] {
			o.Local = append(o.Local, host)
		}
		seen[host] = true
	}
	return o
}

func (r Route) rule() route.Rule {
	return route.Rule{Match: r.Match, To: r.To, Number: r.Number, Ring: r.Ring, Transit: r.Transit, Transfer: r.Transfer == ByCaller, Hours: r.Hours, Closed: r.Closed}
}

func userNames(c *Config) (names []string) {
	for _, u := range c.Users {
		names = append(names, u.Name)
	}
	return names
}

func groupNames(c *Config) (names []string) {
	for _, g := range c.Groups {
		names = append(names, g.Name)
	}
	return names
}

func trunkGroupNames(c *Config) (names []string) {
	for _, g := range c.TrunkGroups {
		names = append(names, g.Name)
	}
	return names
}

func trunkNames(c *Config) (names []string) {
	for _, t := range c.Trunks {
		names = append(names, t.Name)
	}
	return names
}

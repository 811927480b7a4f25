package config

import (
	"net/netip"
	"time"

	"onhook/route"
)

// A Trunk is a line to another server.
type Trunk struct {
	Name         string         `yaml:"name" need:"yes" doc:"How routes name it."`
	Address      HostPort       `yaml:"address" need:"yes" doc:"The other server: a host name (looked up by RFC 3263) or an IP address, with or without a port."`
	Transport    Transport      `yaml:"transport" doc:"Empty: as RFC 3263 finds it."`
	Username     string         `yaml:"username" doc:"For its challenges. Empty: a challenge is not answered."`
	Password     Secret         `yaml:"password" doc:"For its challenges; or password_file."`
	PasswordFile string         `yaml:"password_file" doc:"A file whose first line is the password; a relative path starts at the configuration file's folder."`
	Realm        string         `yaml:"realm" doc:"The only realm whose challenges are answered. Empty: any realm, but only from the trunk itself."`
	Channels     int            `yaml:"channels" default:"0" min:"0" max:"1000000" doc:"Calls on it at the same time, both ways. 0: no limit."`
	Options      time.Duration  `yaml:"options" default:"0s" max:"1h" doc:"How often it is asked by OPTIONS whether it is there. 0s: never; it counts as up."`
	Sources      []netip.Prefix `yaml:"sources" doc:"Where its calls come from, as addresses or networks. Empty: the addresses of the trunk."`
	Disabled     bool           `yaml:"disabled" default:"false" doc:"Takes and gets no calls."`
}

// A Route leads numbers to destinations.
type Route struct {
	Match   string              `yaml:"match" need:"yes" doc:"A regular expression (RE2) over the whole number."`
	To      []route.Destination `yaml:"to" need:"yes" doc:"Where the number leads, or a list to be tried in order. $1 is what the first pair of brackets in match took."`
	Number  string              `yaml:"number" doc:"What a trunk is given to dial, such as +$1. Empty: the number as dialled."`
	Ring    time.Duration       `yaml:"ring" default:"0s" max:"1h" doc:"How long it may ring. 0s: as the group or timers.ring says."`
	Transit bool                `yaml:"transit" default:"false" doc:"Calls that came in by a trunk may leave by this route's trunk. Without it they are refused."`
}

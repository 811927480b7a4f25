package config

import (
	"net/netip"
	"time"
)

// A Config is the whole configuration. The struct tags are its documentation:
// yaml is the key, default the value where the file gives none, min and max the
// bounds, restart that a change waits for the next start, doc the meaning.
type Config struct {
	Domain      string       `yaml:"domain" default:"localhost" restart:"yes" doc:"The SIP domain of the extensions: the part after the @ of their addresses."`
	Data        string       `yaml:"data" default:"onhook-data" restart:"yes" doc:"The folder for call records, bindings and the control socket. Made with mode 0700 where it is missing; a relative path starts at the working directory."`
	Listen      []Listen     `yaml:"listen" default:"udp://127.0.0.1:5060, tcp://127.0.0.1:5060" restart:"yes" doc:"Where SIP is heard: udp or tcp, an IP address and a port. In a list in brackets IPv6 addresses need quotes."`
	Advertise   Advertise    `yaml:"advertise" doc:"What is told to others as this server's own address, where it differs from the addresses that it listens on (NAT)."`
	RTP         RTP          `yaml:"rtp" doc:"Audio and video."`
	Auth        Auth         `yaml:"auth" doc:"How extensions prove who they are (RFC 7616, 8760)."`
	Timers      Timers       `yaml:"timers" doc:"How long things may take."`
	Limits      Limits       `yaml:"limits" doc:"What is refused with 503 beyond it."`
	Users       []User       `yaml:"users" doc:"The extensions. The name is the number that they are dialled by."`
	Groups      []Group      `yaml:"groups" doc:"Ring groups, dialled by their names."`
	Trunks      []Trunk      `yaml:"trunks" doc:"Lines to other servers."`
	Menus       []Menu       `yaml:"menus" doc:"Interactive voice response: callers press keys and are sent on."`
	Rooms       []Room       `yaml:"rooms" doc:"Conferences: all who are in one talk with each other."`
	Recording   Recording    `yaml:"recording" doc:"Calls that are kept as sound."`
	Voicemail   Voicemail    `yaml:"voicemail" doc:"Messages for those who do not answer."`
	Prompts     Prompts      `yaml:"prompts" doc:"The sounds that callers hear."`
	TrunkGroups []TrunkGroup `yaml:"trunk_groups" doc:"Several trunks to the same places, for fail-over and to share the load."`
	Hours       []Hours      `yaml:"hours" doc:"Timetables: when somebody is there, days that differ, and a switch for the night."`
	Routes      []Route      `yaml:"routes" doc:"Where numbers lead. Tried from the top, the first match wins; then come the names of users and groups."`
	Outside     Outside      `yaml:"outside" doc:"What extensions may cost: bounds for calls that leave by a trunk with an extension's rights, whether it dialled, forwarded or transferred them. Refused ones get OUTGOING_CALL_BARRED, 403, with the limit as detail; onhook outside stop lets none leave."`
	Policies    Policies     `yaml:"policies" doc:"Who may call whom, and which numbers may be dialled."`
	Outcome     Outcome      `yaml:"outcome" doc:"How the ends of calls are told."`
	API         API          `yaml:"api" doc:"The HTTP API, its events and metrics."`
	Store       Store        `yaml:"store" doc:"Where records are kept."`
	HEP         HEP          `yaml:"hep" doc:"Mirroring of signalling by HEP, the protocol of Homer: calls of other servers that are told of here, and ours that are told of elsewhere."`
	Log         Log          `yaml:"log" doc:"What is written to standard error."`
	Codes       Codes        `yaml:"codes" doc:"What extensions dial to set or do something. They come before the routes; an empty one is off."`
	Speed       []Shortcut   `yaml:"speed" doc:"Short numbers of extensions, each for another number."`
	Parking     Parking      `yaml:"parking" doc:"Places where callers wait until somebody calls them there."`
	Queues      []Queue      `yaml:"queues" doc:"Callers wait for agents, first come, first served."`
	Traces      Traces       `yaml:"traces" doc:"Traces of calls for OpenTelemetry."`
	Webhooks    []Webhook    `yaml:"webhooks" doc:"Programs elsewhere that are told of events by HTTP, beside those that the API adds."`
	Hooks       []Hook       `yaml:"hooks" doc:"Applications elsewhere that are asked by HTTP what to do with a caller."`
	Agents      Agents       `yaml:"agents" doc:"What agents of queues dial."`

	// Warnings are things that are legal but probably not meant.
	Warnings []string `yaml:"-"`

	file string
	at   positions
}

// Advertise is the server's address as seen from outside.
type Advertise struct {
	Signalling HostPort   `yaml:"signalling" restart:"yes" doc:"Host, with or without a port, for Via, Contact and Record-Route. Empty: the address of the socket."`
	Media      netip.Addr `yaml:"media" restart:"yes" doc:"IP address for SDP. Empty: the address of the socket."`
}

// RTP is the handling of media.
type RTP struct {
	Ports   Ports         `yaml:"ports" default:"16384-32767" restart:"yes" doc:"The UDP ports for media, two a leg and stream."`
	Timeout time.Duration `yaml:"timeout" default:"60s" max:"24h" restart:"yes" doc:"A call from whose party nothing arrives for so long is ended; never while on hold. 0s: never."`
	Relay   bool          `yaml:"relay" default:"true" doc:"Media passes through this server. Without it the parties exchange media directly, which fails behind NAT."`
}

// Auth is digest authentication.
type Auth struct {
	MD5      bool   `yaml:"md5" default:"true" restart:"yes" doc:"Offer MD5 after SHA-256. Many phones know nothing else."`
	Realm    string `yaml:"realm" restart:"yes" doc:"The realm of the challenges. Empty: the domain."`
	MD5First bool   `yaml:"md5_first" default:"false" restart:"yes" doc:"Offer MD5 before SHA-256, for phones that take only the first challenge."`
}

// Timers are durations of calls and transactions.
type Timers struct {
	T1       time.Duration `yaml:"t1" default:"500ms" min:"10ms" max:"10s" restart:"yes" doc:"The round-trip estimate from which the timers of RFC 3261 section 17 are made."`
	Ring     time.Duration `yaml:"ring" default:"60s" min:"1s" max:"1h" doc:"How long a call may ring where neither route nor group says."`
	Progress time.Duration `yaml:"progress" default:"0s" max:"1h" doc:"How long an attempt may stay without ringing or early media before it is given up. 0s: as long as it may ring."`
	MaxCall  time.Duration `yaml:"max_call" default:"12h" max:"30d" doc:"The longest call. 0s: no limit."`
	Session  time.Duration `yaml:"session" default:"30m" min:"90s" max:"24h" zero:"yes" doc:"The session interval asked for (RFC 4028). 0s: session timers are not asked for."`
}

// Limits bound the load.
type Limits struct {
	Calls     int  `yaml:"calls" default:"10000" min:"1" max:"1000000" doc:"Calls up at the same time."`
	PerSecond int  `yaml:"per_second" default:"1000" min:"1" max:"1000000" doc:"New calls a second."`
	PerUser   int  `yaml:"per_user" default:"0" min:"0" max:"10000" doc:"Calls of one extension at the same time; one more finds it busy. 0: no limit."`
	Memory    Size `yaml:"memory" default:"1GiB" doc:"Memory beyond which new calls are refused. 0: no limit."`
}

// Outcome is how the ends of calls are told.
type Outcome struct {
	WireCodes map[string]int `yaml:"wire_codes" min:"400" max:"699" doc:"The SIP code sent to the caller for a Bye Reason, where it is to differ from the usual one."`
}

// Store is where records are kept.
type Store struct {
	Driver     Driver        `yaml:"driver" default:"sqlite" restart:"yes" doc:"The database."`
	Retention  time.Duration `yaml:"retention" default:"0s" max:"36500d" restart:"yes" doc:"Records older than this are deleted. 0s: kept until they are deleted by hand."`
	OnDiskFull OnDiskFull    `yaml:"on_disk_full" default:"refuse" doc:"refuse: new calls get 503 while the disk is full, so that no call is without a record. continue: calls go on, and what could not be written is counted."`
}

// Log is what is written to standard error.
type Log struct {
	Level  LogLevel  `yaml:"level" default:"info" restart:"yes" doc:"The least serious level that is written."`
	Format LogFormat `yaml:"format" default:"text" restart:"yes" doc:"How a line looks."`
}

// Realm is the realm of the challenges: auth.realm or else the domain.
func (c *Config) Realm() string {
	if c.Auth.Realm != "" {
		return c.Auth.Realm
	}
	return c.Domain
}

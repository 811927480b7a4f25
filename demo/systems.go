package demo

import (
	"fmt"
	"net/netip"
	"time"
)

// systems are the servers: the main one, one that takes a single call, and one
// that has RTP ports for a single call.
type systems struct{ main, small, narrow *System }

// limited is an extension that may have one call at a time.
const limited = "9014"

// silence is how long nobody may speak in a call of the narrow server. While the
// first call is up it must find time to refuse another.
const silence = 6 * time.Second

// start runs the servers.
func (s *stage) start(run Starter, silent netip.AddrPort) (err error) {
	if s.main, err = s.system(run, "main", s.plan(silent)); err != nil {
		return err
	}
	little := plan{
		users:  []account{{name: callerUser, password: s.password}},
		trunks: []trunk{{"carrier", s.carrier.Addr(), ""}},
		routes: []string{`match: "0(\\d+)", to: "trunk:carrier", number: "$1"`},
		more:   "limits: {calls: 1}\n",
	}
	if s.small, err = s.system(run, "small", little); err != nil {
		return err
	}
	little.listen = s.own
	first, err := freePorts(s.own, 4)
	if err != nil {
		return err
	}
	little.more = fmt.Sprintf("rtp: {ports: %d-%d, timeout: %s}\n", first, first+3, silence)
	s.narrow, err = s.system(run, "narrow", little)
	return err
}

func (s *stage) system(run Starter, name string, p plan) (*System, error) {
	sys, err := run(name, p.yaml())
	if err != nil {
		return nil, fmt.Errorf("demo: the server %s: %w", name, err)
	}
	s.closers = append(s.closers, sys.Stop)
	return sys, nil
}

// plan is the main server's configuration.
func (s *stage) plan(silent netip.AddrPort) plan {
	p := plan{
		trunks: []trunk{
			{"carrier", s.carrier.Addr(), ""},
			{"silent", silent, ""},
			{"sick", s.sick.phone.Addr(), ", options: 1s"},
			{"narrow", s.carrier.Addr(), ", channels: 1"},
			{"closed", s.carrier.Addr(), ", disabled: true"},
		},
		routes: []string{
			`match: "9030", to: "menu:front-desk"`,
			`match: "9008", to: "queue:empty-desk"`,
			`match: "9009", to: "queue:desk"`,
			`match: "9004", to: "user:9004", ring: 5s`,
			`match: "9007", to: "trunk:carrier"`,
			`match: "` + mailboxed + `", to: ["user:9003", "voicemail:9003"]`,
			`match: "600|\\*55", to: echo`,
			`match: "0(\\d+)", to: "trunk:carrier", number: "$1"`,
			`match: "71(\\d+)", to: "trunk:silent", number: "$1"`,
			`match: "72(\\d+)", to: "trunk:sick", number: "$1"`,
			`match: "73(\\d+)", to: "trunk:narrow", number: "$1"`,
			`match: "74(\\d+)", to: "trunk:closed", number: "$1"`,
			`match: "75(\\d)(\\d+)", to: "trunk:carrier$1", number: "$2"`,
			`match: "76(\\d+)", to: "sips:$1@carrier.example"`,
		},
		more: menus + queues + `groups:
  - {name: "9100", members: ["9001", "9005"], ring: 10s}
voicemail: {min: 200ms, max: 5s, silence: 0s}
policies:
  outgoing: [{numbers: ["0900*"]}]
  features: [{numbers: ["*55"], users: ["9001"]}]
  numbers: {longest: 20}
`,
	}
	add := func(name, display, more string) {
		p.users = append(p.users, account{name, display, s.password, more})
	}
	add(callerUser, "", "")
	add(deniedUser, "", ", video: false")
	for _, e := range people {
		if !e.carrier && !e.queue {
			more := ""
			if e.number == "9003" {
				more = ", voicemail: true"
			}
			add(e.number, e.status, more)
		}
	}
	for _, h := range helpers {
		add(h.number, "", "")
	}
	add(holder, "", "")
	add(agentOf, "", "")
	for _, a := range agents {
		add(a.number, "", "")
	}
	add("9010", "", "")
	add("9011", "", `, blocked: ["1000"]`)
	add("9012", "", `, moved: "9001"`)
	add("9013", "", ", dnd: true")
	add(limited, "", ", calls: 1")
	return p
}

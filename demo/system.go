package demo

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// A System is a server that runs on loopback.
type System struct {
	UDP, TCP netip.AddrPort
	Data     string // the folder of its records, for store.OpenReader
	// Hangup is the operator's command to end the call to a number that is up.
	// The error says that there is none, or what went wrong.
	Hangup func(ctx context.Context, number string) error
	// Stop ends the server as a service manager would: calls that are up are
	// ended at once. It may be called again.
	Stop func() error
}

// A Starter runs a server with a configuration (the text of a YAML file) and
// its data in a folder of this name below Options.Dir.
type Starter func(name, configuration string) (*System, error)

// domain is that of all systems of the demonstration.
const domain = "demo.example"

// A trunk is one line of the configuration's trunks.
type trunk struct {
	name string
	at   netip.AddrPort
	more string // further keys, each with a comma before it
}

// A plan is what a configuration holds.
type plan struct {
	users  []account
	trunks []trunk
	routes []string
	more   string     // other sections
	listen netip.Addr // 127.0.0.1 where it is none
}

// An account is a user of the configuration.
type account struct{ name, display, password, more string }

// nobody is where no packet comes from (RFC 5737): the demonstration's callers
// and carriers share one address, so none of them may be taken for a trunk by it.
const nobody = "192.0.2.1/32"

// yaml writes the configuration.
func (p plan) yaml() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("domain: %s", domain)
	at := loopback()
	if p.listen.IsValid() {
		at = netip.AddrPortFrom(p.listen, 0)
	}
	line(`listen: ["udp://%s", "tcp://%s"]`, at, at)
	line("timers: {t1: %s, ring: 30s, progress: %s, session: 0s}", T1, progress)
	line("log: {level: warn}")
	line("users:")
	for _, u := range p.users {
		line("  - {name: %q, display: %q, password: %q%s}", u.name, u.display, u.password, u.more)
	}
	line("trunks:")
	for _, t := range p.trunks {
		line("  - {name: %s, address: %q, sources: [%s]%s}", t.name, t.at, nobody, t.more)
	}
	line("routes:")
	for _, r := range p.routes {
		line("  - {%s}", r)
	}
	b.WriteString(p.more)
	return b.String()
}

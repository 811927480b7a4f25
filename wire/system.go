package wire

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// recheck is how often the system's files are looked at for changes.
const recheck = 5 * time.Second

// A watched is a file that is read again when it changes.
type watched struct {
	path   string
	looked time.Time
	mod    time.Time
	size   int64
	read   bool
}

// changed tells whether the file has to be read, now or again.
func (w *watched) changed(now time.Time) bool {
	if w.read && now.Sub(w.looked) < recheck {
		return false
	}
	w.looked = now
	var mod time.Time
	var size int64 = -1 // not there
	if st, err := os.Stat(w.path); err == nil {
		mod, size = st.ModTime(), st.Size()
	}
	if w.read && mod.Equal(w.mod) && size == w.size {
		return false
	}
	w.read, w.mod, w.size = true, mod, size
	return true
}

// A hostsFile answers from the hosts file, and for localhost by itself.
type hostsFile struct {
	mu sync.Mutex
	watched
	names map[string][]netip.Addr
}

// lookup returns the addresses of a lower-case name; none: it is not there.
func (h *hostsFile) lookup(name string) []netip.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed(time.Now()) {
		h.names = readHosts(h.path)
	}
	if a := h.names[name]; len(a) > 0 {
		return a
	}
	// RFC 6761 section 6.3: localhost names are loopback and are not asked for in DNS.
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	return nil
}

// readHosts reads lines of an address and names (hosts(5)); what cannot be read is left out.
func readHosts(path string) map[string][]netip.Addr {
	names := make(map[string][]netip.Addr)
	f, err := os.Open(path)
	if err != nil {
		return names
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		a, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, n := range fields[1:] {
			n = canonical(n)
			names[n] = append(names[n], a.Unmap())
		}
	}
	return names
}

// A dnsConfig is which servers are asked.
type dnsConfig struct {
	mu    sync.Mutex
	fixed []string
	watched
	list   []string
	search []string
}

func (c *dnsConfig) load() {
	if !c.changed(time.Now()) {
		return
	}
	c.list, c.search = nil, nil
	conf, err := dns.ClientConfigFromFile(c.path)
	if err == nil {
		for _, s := range conf.Servers {
			c.list = append(c.list, net.JoinHostPort(s, conf.Port))
		}
		c.search = conf.Search
	}
	if len(c.list) == 0 {
		c.list = []string{"127.0.0.1:53"} // resolv.conf(5): the default is the local machine
	}
}

func (c *dnsConfig) servers() []string {
	if len(c.fixed) > 0 {
		return c.fixed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.load()
	return c.list
}

// names are those to be asked for: a name of one label stands in a search domain first.
func (c *dnsConfig) names(host string) []string {
	if strings.Contains(host, ".") {
		return []string{host}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.load()
	var out []string
	for _, s := range c.search {
		if s = canonical(s); s != "" {
			out = append(out, host+"."+s)
		}
	}
	return append(out, host)
}

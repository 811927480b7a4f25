package exchange

import (
	"net/netip"
	"slices"
	"time"

	"onhook/sip"
	"onhook/stack"
)

// sourcesEvery is how often the addresses of a trunk are looked up by which its calls are known.
const sourcesEvery = 5 * time.Minute

// configureSources begins to look up the addresses of a trunk that is known by its name alone.
func (x *Exchange) configureSources(l *line) {
	if _, numeric := sip.HostAddr(l.Host); numeric || len(l.Sources) > 0 {
		l.found, l.findAt = nil, time.Time{}
		return
	}
	l.findAt = x.now
}

// findSources looks up the addresses of a trunk; if that fails those known before stay.
func (x *Exchange) findSources(l *line) {
	l.findAt = x.now.Add(sourcesEvery)
	id := l.id
	x.opt.Wire.Resolve(l.Host, l.Port, l.Transport, false, func(targets []stack.Target, err error) {
		x.box.answer(answer{do: func(x *Exchange) {
			l := x.lineOf(id)
			if l == nil || l.findAt.IsZero() || err != nil || len(targets) == 0 {
				return
			}
			l.found = l.found[:0]
			for _, t := range targets {
				l.found = append(l.found, t.Addr.Addr().Unmap())
			}
		}})
	})
}

// trunkOf tells which trunk a packet came from, by its source address only; the longest prefix counts.
func (x *Exchange) trunkOf(f sip.Flow) *Trunk {
	var best *Trunk
	bits := -1
	from := f.Remote.Addr()
	for i := range x.set.Trunks {
		t := &x.set.Trunks[i]
		for _, p := range t.Sources {
			if p.Bits() > bits && p.Contains(from) {
				best, bits = t, p.Bits()
			}
		}
	}
	if bits >= 0 && bits == from.BitLen() {
		return best
	}
	for i := range x.set.Trunks {
		if l := x.lines[x.set.Trunks[i].Name]; l.named(from) {
			return l.Trunk
		}
	}
	return best
}

// named tells whether the name of a trunk resolves to an address.
func (l *line) named(a netip.Addr) bool { return slices.Contains(l.found, a) }

package exchange

import (
	"onhook/call"
	"onhook/sip"
	"onhook/stack"
)

// families are the address families that the server has sockets of.
type families struct{ v4, v6 bool }

func familiesOf(identities []stack.Identity) (f families) {
	for i := range identities {
		if identities[i].Local.Addr().Unmap().Is6() {
			f.v6 = true
		} else {
			f.v4 = true
		}
	}
	return f
}

// hostOf is the host that a request to a URI goes to. RFC 3261 section 19.1.1:
// maddr "overrides any address derived from the host field".
func hostOf(u *sip.URI) string {
	if m, ok := u.Params.Get("maddr"); ok {
		return m
	}
	return u.Host
}

// addressed notes the address family by which a target is reached: that of its
// address, or the only one that the server has. A name can lead to either: that
// is asked when the target is called.
func (x *Exchange) addressed(t call.Target) call.Target {
	t.V6 = x.families.v6 && !x.families.v4
	u, err := sip.ParseURI(t.URI)
	if err != nil {
		return t
	}
	if a, numeric := sip.HostAddr(hostOf(&u)); numeric {
		t.V6 = a.Is6()
	} else {
		t.Named = x.families.v4 && x.families.v6
	}
	return t
}

// openFor reserves addresses for the streams of a leg, of the family by which its
// party is reached: a host with IPv6 alone can do nothing with a "c=IN IP4" (RFC 8866
// section 5.7). What a name leads to is asked first; the INVITE then finds it in the resolver's cache.
func (x *Exchange) openFor(c *live, a *call.Action) {
	if a.Target == "" {
		x.openMedia(c, a)
		return
	}
	u, err := sip.ParseURI(a.Target)
	if err != nil {
		x.openMedia(c, a)
		return
	}
	ref, open := legRef(c, a.Leg), *a
	x.opt.Wire.Resolve(hostOf(&u), u.Port, u.Transport(), u.Scheme == "sips", func(targets []stack.Target, _ error) {
		x.box.answer(answer{do: func(x *Exchange) {
			c, _ := x.calls.get(ref)
			if c == nil {
				return
			}
			// A name that leads nowhere is told of by the INVITE.
			if len(targets) > 0 {
				c.leg(open.Leg).toward, open.V6 = targets, targets[0].Addr.Addr().Unmap().Is6()
			}
			x.openMedia(c, &open)
		}})
	})
}

package stack

import (
	"net/netip"
	"strconv"
	"strings"

	"onhook/sip"
)

// A face is an Identity with what messages say of it, printed once.
type face struct {
	Identity
	via     string // "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"
	contact string // "<sip:192.0.2.1:5060>"
}

// identities is all that is derived from Options once.
type identities struct {
	faces     []face
	allow     string
	supported string
	accept    string
}

// defaultAllow is the methods that are not answered 405.
var defaultAllow = []sip.Method{
	sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS, sip.REGISTER, sip.PRACK,
	sip.UPDATE, sip.INFO, sip.REFER, sip.NOTIFY, sip.SUBSCRIBE, sip.MESSAGE,
}

func newIdentities(opt *Options) identities {
	var own identities
	for _, id := range opt.Identities {
		hostPort := id.Host
		if id.Port != 0 {
			hostPort += ":" + strconv.Itoa(int(id.Port))
		}
		contact := "<sip:" + hostPort
		if id.Transport != sip.UDP {
			contact += ";transport=" + id.Transport.Param()
		}
		own.faces = append(own.faces, face{
			Identity: id,
			via:      "SIP/2.0/" + id.Transport.String() + " " + hostPort + ";branch=" + sip.MagicCookie,
			contact:  contact + ">",
		})
	}
	if len(opt.Allow) == 0 {
		opt.Allow = defaultAllow
	}
	for i, m := range opt.Allow {
		if i > 0 {
			own.allow += ", "
		}
		own.allow += string(m)
	}
	own.supported = strings.Join(opt.Supported, ", ")
	own.accept = strings.Join(opt.Accept, ", ")
	if own.accept == "" {
		own.accept = "application/sdp"
	}
	return own
}

// faceFor chooses the identity for a flow: the socket it names, else one of
// the same transport and address family, a loopback one for loopback; nil: none.
func (e *Endpoint) faceFor(t sip.Transport, local netip.AddrPort, remote netip.Addr) *face {
	var best *face
	score := 0
	for i := range e.own.faces {
		f := &e.own.faces[i]
		if f.Transport != t {
			continue
		}
		if local.IsValid() && f.Local == local {
			return f
		}
		a := f.Local.Addr()
		n := 1
		if remote.IsValid() && a.Is4() == remote.Is4() {
			n += 4
			if a.IsLoopback() == remote.IsLoopback() {
				n += 2
			}
		} else if remote.IsValid() && !a.IsUnspecified() {
			continue
		}
		if n > score {
			best, score = f, n
		}
	}
	return best
}

// Contact is the Contact of the socket that a request for a URI leaves by, such as <sip:192.0.2.1:5060>; empty: there is no socket.
func (e *Endpoint) Contact(uri string) string {
	if f := e.faceToward(sip.Flow{}, uri); f != nil {
		return f.contact
	}
	return ""
}

// has tells whether there is a socket of that transport.
func (e *Endpoint) has(t sip.Transport) bool {
	for i := range e.own.faces {
		if e.own.faces[i].Transport == t {
			return true
		}
	}
	return false
}

// isSentBy tells whether a Via's sent-by is what we put into requests that leave here.
func (f *face) isSentBy(v *sip.Via) bool {
	return f.Port == v.Port && strings.EqualFold(f.Transport.String(), v.Transport) && strings.EqualFold(f.Host, v.Host)
}

package analyse

import (
	"bytes"
	"net/netip"
)

// A session is what the trackers ask of a session description (RFC 8866): where
// its sender takes audio, which way audio goes, and who wrote it.
type session struct {
	addr   netip.AddrPort // of the first audio stream, or else of the first stream
	held   bool           // the sender holds: sendonly, inactive, or the address 0.0.0.0 (RFC 3264 section 8.4)
	origin []byte         // the o= line without its version
}

// readSession scans a body; ok is false if it has no stream.
func readSession(body []byte) (s session, ok bool) {
	var general, own []byte // the addresses of the session and of the stream
	var port uint16
	var audio, taken, done bool
	for len(body) > 0 && !done {
		var line []byte
		line, body = cutLine(body)
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		v := line[2:]
		switch line[0] {
		case 'o':
			s.origin = originOf(v)
		case 'c':
			if !taken && port == 0 {
				general = addressOf(v)
			} else if !taken {
				own = addressOf(v)
			}
		case 'm':
			if audio {
				taken, done = true, true
				break
			}
			kind, rest := cutSpace(v)
			number, _ := cutSpace(rest)
			audio = string(kind) == "audio"
			if ok && !audio {
				taken = true
				break
			}
			ok, taken, own = true, false, nil
			port = portOf(number)
		case 'a':
			switch {
			case taken:
			case string(v) == "sendonly" || string(v) == "inactive":
				s.held = true
			case string(v) == "sendrecv" || string(v) == "recvonly":
				s.held = false
			}
		}
	}
	if own == nil {
		own = general
	}
	if ip, err := netip.ParseAddr(string(own)); err == nil && port != 0 {
		s.held = s.held || ip.IsUnspecified()
		s.addr = netip.AddrPortFrom(ip.Unmap(), port)
	}
	return s, ok
}

// originOf drops the version, which changes with each offer: user, session id,
// then net type, address type and address remain.
func originOf(v []byte) []byte {
	user, rest := cutSpace(v)
	id, rest := cutSpace(rest)
	_, address := cutSpace(rest)
	if len(id) < 6 || len(address) == 0 || len(user) == 0 {
		// "o=- 1 1" and the like say nothing of who wrote it.
		return nil
	}
	return v
}

func addressOf(v []byte) []byte {
	_, rest := cutSpace(v)
	_, rest = cutSpace(rest)
	address, _, _ := bytes.Cut(trim(rest), []byte("/"))
	return address
}

func cutSpace(v []byte) (word, rest []byte) {
	word, rest, _ = bytes.Cut(v, []byte(" "))
	return word, rest
}

func portOf(v []byte) uint16 {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' || n > 65535 {
			break
		}
		n = n*10 + int(c-'0')
	}
	if n > 65535 {
		return 0
	}
	return uint16(n)
}

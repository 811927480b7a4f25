package sip

import "strconv"

// Star tells whether the value is the "*" of a Contact that unregisters all
// (RFC 3261 section 10.2.2).
func (a NameAddr) Star() bool { return a.URIText == "*" }

// Q returns the q parameter in thousandths, 0 to 1000; ok is false if it is
// absent or not a qvalue of RFC 3261 section 25.1.
func (a NameAddr) Q() (thousandths int, ok bool) {
	s, _ := a.Params.Get("q")
	return parseQ(s)
}

// Expires returns the expires parameter in seconds; ok is false if it is absent
// or no number below 2^32. RFC 3261 section 10.3 has a malformed one count as 3600.
func (a NameAddr) Expires() (seconds uint32, ok bool) {
	n, ok := a.Params.Uint("expires", 1<<32-1)
	return uint32(n), ok
}

// Contacts returns every Contact, or what is wrong with the first bad one.
func (m *Message) Contacts() ([]NameAddr, error) {
	var out []NameAddr
	for a, err := range m.Addrs(HContact) {
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// parseQ reads qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ).
func parseQ(s string) (int, bool) {
	if s == "" || len(s) > 5 || s[0] != '0' && s[0] != '1' || len(s) > 1 && s[1] != '.' {
		return 0, false
	}
	n := int(s[0]-'0') * 1000
	for i, weight := 2, 100; i < len(s); i, weight = i+1, weight/10 {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n += int(d) * weight
	}
	return n, n <= 1000
}

// FormatQ prints a q value of thousandths: "0.7".
func FormatQ(thousandths int) string {
	if thousandths >= 1000 {
		return "1"
	}
	if thousandths <= 0 {
		return "0"
	}
	b := strconv.AppendInt(make([]byte, 0, 8), int64(1000+thousandths), 10)
	b[0] = '.'
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return "0" + string(b)
}

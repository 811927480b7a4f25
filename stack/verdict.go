package stack

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"onhook/sip"
)

// A verdict is the code by which RFC 3261 section 8.2 wants a request refused; code 0: none.
type verdict struct {
	code int
	text string
	err  error // what parsing found, a *sip.ParseError
}

// examine checks a request in the order of RFC 3261 section 8.2. bad is what
// parsing found.
func (e *Endpoint) examine(m *sip.Message, bad error, inDialog bool) verdict {
	if bad != nil {
		code := 400
		var p *sip.ParseError
		if errors.As(bad, &p) && p.Code != 0 {
			code = p.Code
		}
		return verdict{code, bad.Error(), bad}
	}
	// "If the UAS recognizes but does not support the method of a request, it MUST generate a 405" (8.2.1).
	if !slices.Contains(e.opt.Allow, m.Method) {
		return verdict{code: 405, text: "method " + string(m.Method)}
	}
	// "If the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the request with a 416" (8.2.2.1).
	if !inDialog && !knownScheme(m.URI) {
		return verdict{code: 416, text: "scheme of " + clip(m.URI, 40)}
	}
	// "If a UAS does not understand an option-tag listed in a Require header field, it MUST respond ... 420" (8.2.2.3).
	if m.Has(sip.HRequire) || m.Has(sip.HProxyRequire) {
		if u := e.unsupported(m); u != "" {
			return verdict{code: 420, text: "Require: " + u}
		}
	}
	if m.Method != sip.INVITE {
		return e.examineBody(m)
	}
	if v := e.examineInvite(m, inDialog); v.code != 0 {
		return v
	}
	if v := e.examineBody(m); v.code != 0 {
		return v
	}
	// A call goes on to somebody else, so it is bounded as at a proxy: "If the request contains a Max-Forwards header
	// field with a field value of zero (0), the element MUST NOT forward the request" (16.3).
	if n, ok := m.MaxForwards(); ok && n == 0 && !inDialog {
		return verdict{code: 483, text: "Max-Forwards 0"}
	}
	return verdict{}
}

func (e *Endpoint) examineInvite(m *sip.Message, inDialog bool) verdict {
	if inDialog {
		return verdict{}
	}
	// "421 Extension Required: the UAS needs a particular extension to process the request, but this extension is not
	// listed in a Supported header field in the request" (21.4.16).
	for _, tag := range e.opt.Require {
		if !m.HasToken(sip.HSupported, tag) && !m.HasToken(sip.HRequire, tag) {
			return verdict{code: 421, text: "no Supported: " + tag}
		}
	}
	// RFC 4028 section 9: "If ... the value of the Session-Expires header field is lower than the minimum ... the UAS
	// rejects the request with a 422", if its sender can understand that.
	if least := max(e.opt.MinSE, 90); m.Has(sip.HSessionExpires) && e.hasOption("timer") && m.HasToken(sip.HSupported, "timer") {
		if n, ok := seconds(m.Get(sip.HSessionExpires)); ok && n < least {
			return verdict{code: 422, text: "Session-Expires " + strconv.FormatUint(uint64(n), 10)}
		}
	}
	return verdict{}
}

// hasOption tells whether an option tag is one of ours.
func (e *Endpoint) hasOption(tag string) bool {
	return slices.ContainsFunc(e.opt.Supported, func(s string) bool { return strings.EqualFold(s, tag) })
}

// seconds reads the number that a Session-Expires begins with.
func seconds(v string) (uint32, bool) {
	v, _, _ = strings.Cut(v, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 32)
	return uint32(n), err == nil
}

// unsupported lists the option tags of Require and Proxy-Require that are not ours, with commas.
func (e *Endpoint) unsupported(m *sip.Message) string {
	var list string
	for _, id := range [...]sip.HeaderID{sip.HRequire, sip.HProxyRequire} {
		for tag := range m.Values(id) {
			if e.hasOption(tag) {
				continue
			}
			if list != "" {
				list += ", "
			}
			list += tag
		}
	}
	return list
}

func knownScheme(uri string) bool {
	scheme, _, ok := strings.Cut(uri, ":")
	return ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips") || strings.EqualFold(scheme, "tel"))
}

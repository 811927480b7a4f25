package registrar

import "onhook/sip"

// outbound settles what a REGISTER with reg-id is (RFC 5626 section 6); a
// reg-id that does not count is taken out of the changes. code 0: go on.
func outbound(m *sip.Message, changes []change) (code int, phrase string) {
	flows, live := false, 0
	for i := range changes {
		flows = flows || changes[i].regID != 0
		if changes[i].life > 0 {
			live++
		}
	}
	switch {
	case !flows:
		return 0, ""
	case !direct(m) && !edgeKeepsFlows(m):
		// "if the REGISTER request contains the reg-id and the outbound option
		// tag in a Supported header field, then the registrar MUST respond to
		// the REGISTER request with a 439"; otherwise it "MUST ignore the reg-id".
		if m.HasToken(sip.HSupported, "outbound") {
			return 439, "First Hop Lacks Outbound Support"
		}
		for i := range changes {
			changes[i].regID = 0
		}
	case live > 1:
		// One registration is for one flow.
		return 400, "One Contact With reg-id At A Time"
	}
	return 0, ""
}

// edgeKeepsFlows tells whether the first Path URI says "ob": the edge proxy keeps the flow.
func edgeKeepsFlows(m *sip.Message) bool {
	for a, err := range m.Addrs(sip.HPath) {
		if err != nil {
			return false
		}
		u, err := a.URI()
		return err == nil && u.Params.Has("ob")
	}
	return false
}

// usesOutbound tells whether the answer has to say that outbound was applied.
func usesOutbound(m *sip.Message, changes []change) bool {
	if !m.HasToken(sip.HSupported, "outbound") {
		return false
	}
	for i := range changes {
		if changes[i].regID != 0 {
			return true
		}
	}
	return false
}

package dialog

import (
	"strconv"
	"strings"
	"time"

	"onhook/sip"
)

// A session is the session timer (RFC 4028).
type session struct {
	interval  uint32 // seconds; 0: no timer
	ours      bool   // we refresh
	refreshAt time.Time
	expireAt  time.Time
	askMin    uint32 // the largest Min-SE that a 422 or a refresh told; 0: none
	tries     int    // 422 in a row
}

// maxTries bounds how often a 422 makes us ask again.
const maxTries = 4

// askTimer puts Session-Expires and Min-SE into an INVITE or UPDATE of ours.
func (d *Dialog) askTimer(r *sip.Message) {
	if !d.opt.does("timer") || r.Has(sip.HSessionExpires) {
		return
	}
	se := sessionExpires{seconds: d.opt.SessionExp}
	if d.session.interval > 0 {
		// Section 7.4: the current interval, and the refresher that it has.
		se = sessionExpires{d.session.interval, "uas"}
		if d.session.ours {
			se.refresher = "uac"
		}
	}
	least := d.session.askMin
	if d.opt.MinSE > minSE && d.opt.MinSE > least && d.session.interval == 0 {
		least = d.opt.MinSE
	}
	if se.seconds > 0 {
		// Section 7.1: Session-Expires MUST be at least Min-SE, whose value is 90 where it is absent.
		se.seconds = max(se.seconds, least, minSE)
		r.Add(sip.HSessionExpires, se.String())
	}
	// Section 7.4: Min-SE MUST be there after a 422, or a refresh that held one.
	if least > 0 && !r.Has(sip.HMinSE) && (se.seconds > 0 || d.session.askMin > 0) {
		r.Add(sip.HMinSE, utoa(least))
	}
}

// raiseMinSE takes the Min-SE of a 422 and tells whether asking again makes sense.
func (d *Dialog) raiseMinSE(m *sip.Message) bool {
	n := readMinSE(m)
	d.session.tries++
	if n == 0 || d.session.tries > maxTries || !d.opt.does("timer") {
		return false
	}
	d.session.askMin = max(d.session.askMin, n)
	return true
}

// stripTimer returns a request without what askTimer put in.
func stripTimer(m *sip.Message) *sip.Message {
	c := m.Clone()
	c.Del(sip.HSessionExpires)
	c.Del(sip.HMinSE)
	return c
}

// answerTimer starts the timer from a 2xx to an INVITE or UPDATE of ours (section 7.2).
func (d *Dialog) answerTimer(now time.Time, m, req *sip.Message) {
	if !d.opt.does("timer") || d.state != Confirmed {
		return
	}
	d.session.tries = 0
	if se, ok := readSessionExpires(m); ok {
		// "The UAC MUST set the identity of the refresher to the value of this parameter."
		d.start(now, se.seconds, se.refresher != "uas")
		return
	}
	if asked, ok := readSessionExpires(req); ok && !m.HasToken(sip.HSupported, "timer") {
		// The peer knows no session timer: "as if the Session-Expires header field were in the 2xx
		// response, ... but with a refresher parameter of 'uac'".
		d.start(now, asked.seconds, true)
		return
	}
	// "If the 2xx response did not contain a Session-Expires header field, there is no session expiration."
	d.stop()
}

// tooSmall returns the 422 that a request's Session-Expires deserves, or nil (section 9).
func (d *Dialog) tooSmall(req *sip.Message) *sip.Message {
	se, ok := readSessionExpires(req)
	if !ok || se.seconds >= d.opt.MinSE || !d.opt.does("timer") || !req.HasToken(sip.HSupported, "timer") {
		return nil
	}
	r := d.reply(req, 422, phrase(422))
	// "When sending the 422 response, the UAS MUST include a Min-SE header field".
	r.Add(sip.HMinSE, utoa(d.opt.MinSE))
	return r
}

// grantTimer puts the session timer into a 2xx of ours and starts it (section 9).
func (d *Dialog) grantTimer(now time.Time, s *server, r *sip.Message) {
	if !d.opt.does("timer") || r.Has(sip.HSessionExpires) || d.state != Confirmed {
		return // before the session there is nothing to time
	}
	knows := s.req.HasToken(sip.HSupported, "timer")
	least := readMinSE(s.req)
	d.session.askMin = max(d.session.askMin, least)
	se, asked := readSessionExpires(s.req)
	switch {
	case asked:
		// "MUST NOT increase the value"; it may be reduced, but not below Min-SE or 90.
		if want := d.opt.SessionExp; want > 0 && want < se.seconds {
			se.seconds = min(se.seconds, max(want, least, minSE))
		}
	case d.session.interval > 0:
		se = sessionExpires{max(d.session.interval, least), "uac"}
		if d.session.ours {
			se.refresher = "uas"
		}
	case knows && d.opt.SessionExp > 0:
		se = sessionExpires{seconds: max(d.opt.SessionExp, least, minSE)}
	default:
		d.stop()
		return
	}
	// Table 2.
	switch {
	case !knows:
		se.refresher = "uas"
	case se.refresher == "":
		se.refresher = "uac"
	}
	r.Add(sip.HSessionExpires, se.String())
	if knows {
		// "uac": MUST place a Require: timer; "uas" with a peer that supports it: SHOULD.
		r.Add(sip.HRequire, "timer")
	}
	d.start(now, se.seconds, se.refresher == "uas")
}

// start sets the times of a session timer that a 2xx has set or refreshed.
func (d *Dialog) start(now time.Time, seconds uint32, ours bool) {
	whole := time.Duration(seconds) * time.Second
	d.session.interval, d.session.ours = seconds, ours
	d.session.refreshAt, d.retryAt = time.Time{}, time.Time{}
	if ours {
		// Section 7.2: once half the interval has elapsed.
		d.session.refreshAt = now.Add(whole / 2)
	}
	// Section 10: BYE before the expiration, by the smaller of 32 s and a third of the interval.
	d.session.expireAt = now.Add(whole - min(32*time.Second, whole/3))
}

func (d *Dialog) stop() {
	d.session.interval, d.session.ours = 0, false
	d.session.refreshAt, d.session.expireAt, d.retryAt = time.Time{}, time.Time{}, time.Time{}
}

// sessionTick refreshes the session, or ends it.
func (d *Dialog) sessionTick(out []Action, now time.Time) []Action {
	if due(d.session.expireAt, now) {
		d.stop()
		return d.end(append(out, Action{Kind: ActTimer, Name: "session"}), WhySession)
	}
	if due(d.session.refreshAt, now) || due(d.retryAt, now) {
		d.session.refreshAt, d.retryAt = time.Time{}, time.Time{}
		return d.refresh(out, now)
	}
	return out
}

// refresh sends a session refresh: UPDATE if the peer allows it, else a
// re-INVITE with the offer as it stands (section 7.4).
func (d *Dialog) refresh(out []Action, now time.Time) []Action {
	if d.state != Confirmed || d.ended {
		return out
	}
	m := &sip.Message{Method: sip.UPDATE}
	if !hasToken(d.peerAllow, "UPDATE") {
		if d.lastSDP == "" {
			return note(out, 4, "the session cannot be refreshed: the peer does not allow UPDATE and no session description was sent")
		}
		m = &sip.Message{Method: sip.INVITE, Body: d.lastSDP}
		m.Add(sip.HContentType, "application/sdp")
	}
	if d.mustWait(m) {
		// What is under way may refresh the session by itself; if not, again soon.
		d.retryAt = now.Add(d.opt.T2)
		return out
	}
	out = append(out, Action{Kind: ActTimer, Name: "refresh"})
	return d.sendIn(out, m, true)
}

// refreshRefused decides about another try of a refresh of ours (section 10).
func (d *Dialog) refreshRefused(out []Action, now time.Time, c *client, m *sip.Message, wait time.Duration) []Action {
	switch code := m.Status; {
	case code == 491:
		d.retryAt = now.Add(wait)
	case (code == 405 || code == 501) && c.method == sip.UPDATE:
		d.peerAllow = "INVITE"
		return d.refresh(out, now)
	case code == 500 || code == 503:
		v, _ := splitParams(m.Get(sip.HRetryAfter))
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil {
			n = 10
		}
		d.retryAt = now.Add(time.Duration(max(n, 1)) * time.Second)
	}
	// Any other one is not tried again; the session then expires.
	return out
}

// keepSDP remembers our session description for a refresh by re-INVITE, whose
// offer must say by its origin that nothing has changed.
func (d *Dialog) keepSDP(m *sip.Message) {
	if t, _ := splitParams(m.Get(sip.HContentType)); m.Body != "" && strings.EqualFold(t, "application/sdp") {
		d.lastSDP = m.Body
	}
}

package analyse

// acked takes an ACK to a final response that was not captured: it proves that
// there was one.
func (l *leg) acked(a *Analyser, s *seen) {
	if l.phase >= answered || !l.invited || !s.caller || !s.tagged || s.branch == 0 {
		return
	}
	for i := range l.msgs {
		m := &l.msgs[i]
		if m.method != mINVITE || !m.request() || m.tagged || m.cseq != s.cseq || m.branch == 0 || m.hop != s.hop {
			continue
		}
		// RFC 3261 section 17.1.1.3: the ACK to a final response of 300 or more has the
		// branch of the INVITE; section 13.2.2.4: that to a 2xx is a transaction of its own.
		if m.branch == s.branch {
			l.phase, l.end = failed, s.at
		} else {
			l.phase, l.remote = answered, s.remote
		}
		a.index.settle(l)
		return
	}
}

// proved tells whether an ACK proves a final response to the INVITE that was not captured.
func (t *track) proved(invite *seen) bool {
	return t.find(func(o *seen) bool {
		return o.method == mACK && o.cseq == invite.cseq && o.caller && o.tagged
	}) >= 0
}

// left tells whether the other party of this leg goes on in another call, by an
// attended transfer.
func (b *builder) left(t *track) bool {
	for i := range b.tracks {
		if x := &b.tracks[i]; x != t && x.l.taken.is() && x.l.call == t.l.call {
			return true
		}
	}
	return false
}

package outcome

import "onhook/call"

// RoundReason says why the attempts of the present round, all over, have not
// reached anybody, for an application that dialled or that follows them (rules,
// section 6); UNSPECIFIED if there were none. Those before the leg from do not
// count: they were another dial's.
func RoundReason(events []call.Event, meta Meta, from call.LegID) Reason {
	var f Folder
	return f.RoundReason(events, &meta, from)
}

// RoundReason says why the attempts of the present round have not reached anybody; see RoundReason.
func (f *Folder) RoundReason(events []call.Event, meta *Meta, from call.LegID) Reason {
	return f.read(events, meta).roundReason(from)
}

func (s *scan) roundReason(from call.LegID) Reason {
	r, ok := s.chooseFrom(from)
	if !ok {
		return Unspecified
	}
	return r.reason
}

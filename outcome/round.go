package outcome

import "onhook/call"

// RoundReason says why the attempts of the present round, all over, have not
// reached anybody, for an application that dialled or that follows them (rules,
// section 6); UNSPECIFIED if there were none.
func RoundReason(events []call.Event, meta Meta) Reason {
	var f Folder
	return f.RoundReason(events, &meta)
}

// RoundReason says why the attempts of the present round have not reached anybody; see RoundReason.
func (f *Folder) RoundReason(events []call.Event, meta *Meta) Reason {
	return f.read(events, meta).roundReason()
}

func (s *scan) roundReason() Reason {
	r, ok := s.choose()
	if !ok {
		return Unspecified
	}
	return r.reason
}

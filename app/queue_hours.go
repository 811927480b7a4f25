package app

// closed sends a caller away who comes outside the queue's hours; done is false
// where the queue is open. It has not been in the queue then: no agent is
// missing, and nobody has waited.
func (a *Waiting) closed(s Session) (done bool, err error) {
	if a.Hours == nil || a.Hours(a.Queue.floor.opt.Now()) {
		return false, nil
	}
	if a.Closed != "" {
		if err := s.Node("closed"); err != nil {
			return true, err
		}
		return true, s.Transfer(a.Closed)
	}
	if err := s.Stage("menu"); err != nil {
		return true, err
	}
	if err := s.Answer(); err != nil {
		return true, refuseWithout(s, err)
	}
	return true, served(s, a.Library, nil, "closed", "closed")
}

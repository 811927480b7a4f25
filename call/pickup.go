package call

// Ringing is the leg of an extension that rings and that somebody else may answer
// instead: another phone's call then takes its place (InAdopt). 0: there is none.
func (c *Call) Ringing(of func(user string) bool) LegID {
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.peer == PeerPhone && l.state == legCalling && of(l.name) && c.Takes(l.id) {
			return l.id
		}
	}
	return 0
}

package exchange

import (
	"slices"

	"onhook/call"
	"onhook/media"
	"onhook/route"
)

// An Overhearer is a Media that finds keys in sound that it relays.
type Overhearer interface {
	Overhear(leg media.LegID, on bool) error
}

// mayTape tells whether a party may start and stop the recording of its call by keys.
func (x *Exchange) mayTape(c *live, who route.Caller) bool {
	return who.User != "" && x.users[who.User] != nil && max(x.recordMode(c), x.partyMode(who)) != RecordNever
}

// tapeOverhear has keys looked for in the sound of those two parties who could start
// a recording by them and send no telephone-events. Elsewhere that would be work for nothing.
func (x *Exchange) tapeOverhear(c *live) {
	m, ok := x.opt.Media.(Overhearer)
	t := &c.taping
	if !ok || x.set.Recording.Code == "" || x.opt.Recorder == nil {
		return
	}
	for i := range c.legs {
		leg, l := call.LegID(i+1), &c.legs[i]
		if l.streams == 0 || !l.tones && !l.heard {
			continue
		}
		at := slices.Index(t.pair[:], leg)
		wanted := l.tones && c.session == nil && at >= 0 && t.joined[at] != 0 && x.mayTape(c, c.party(t.joined[at]))
		if wanted != l.heard {
			l.heard = wanted
			x.mediaSaid(c, leg, m.Overhear(mediaLeg(c, leg, 0), wanted))
		}
	}
}

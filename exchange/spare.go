package exchange

import "onhook/sip"

// How much is kept of one call. A party that talks may send as many requests as it
// likes, for hours, each as large as a message may be: the memory of all calls, and
// the disk, would be its. Usual calls have some kilobytes, long ones with session
// timers some hundreds.
const (
	mostMessages = 1 << 20 // bytes, beyond which only messages are kept that can begin, change or end the call
	mostChanges  = 4 << 20 // beyond which only those that end it are
	mostEvents   = 20_000
)

// spares tells whether a message is left out of a call's journal, which is full.
func (x *Exchange) spares(c *live, m *sip.Message) bool {
	if c.bytes < mostMessages && len(c.events) < mostEvents {
		return false
	}
	if m == nil {
		return true // it is kept already, and goes by another way now
	}
	method := m.Method
	if seq, err := m.CSeq(); err == nil {
		method = seq.Method
	}
	switch method {
	case sip.BYE, sip.CANCEL:
		return false
	case sip.INVITE, sip.ACK, sip.REFER:
		if c.bytes < mostChanges && len(c.events) < 2*mostEvents {
			return false
		}
	}
	if !c.spared {
		c.spared = true
		x.log.Warn("call has too many messages: not all are kept", "call", c.meta.ID, "bytes", c.bytes, "events", len(c.events))
	}
	return true
}

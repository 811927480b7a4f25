package media

import "time"

// longestPacking is the most that a leg gathers: what is left of the longest packet, and 20 ms more.
const longestPacking = 100*clockRate/1000 + tickFrames

// sendTick sends the 20 ms of sound that stand in the scratch buffer behind the place of the header, in packets as long as the peer
// asked for: what is too little for one waits.
func (w *worker) sendTick(l *leg, pt uint8) {
	if l.cfg.Ptime == tickTime {
		w.sendSound(l, pt, tickFrames)
		return
	}
	if l.packing == nil {
		l.packing = make([]byte, 0, longestPacking)
	}
	l.packing = append(l.packing, w.scratch[rtpHeader:rtpHeader+tickFrames]...)
	n := int(l.cfg.Ptime / (time.Second / clockRate))
	at := 0
	for ; at+n <= len(l.packing); at += n {
		copy(w.scratch[rtpHeader:], l.packing[at:at+n])
		w.sendSound(l, pt, n)
	}
	l.packing = l.packing[:copy(l.packing, l.packing[at:])]
}

package exchange

import "time"

// How many lines strangers can make the log write in a time: their source
// addresses may be forged, so that no bound for each of them would be one for all.
const (
	spareLines = 20
	spareEvery = 10 * time.Second
)

// A sparing tells the log of what strangers cause, and of what is too much for it how often there was more.
type sparing struct {
	since   time.Time
	n, left int // lines since then, and those left out
}

// warn reports whether it told, and of how many before that it had not.
func (s *sparing) warn(x *Exchange, text string, attrs ...any) (told bool, more int) {
	if x.now.Sub(s.since) >= spareEvery {
		s.since, s.n = x.now, 0
	}
	if s.n++; s.n > spareLines {
		s.left++
		return false, 0
	}
	if more, s.left = s.left, 0; more > 0 {
		attrs = append(attrs, "more_like_it", more)
	}
	x.log.Warn(text, attrs...)
	return true, more
}

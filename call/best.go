package call

// bestCode is the final response of the present set that says most of its party,
// for whoever asked for the attempts; 0: none came.
func (c *Call) bestCode() (best int) {
	for i := range c.legs {
		l := &c.legs[i]
		if l.set != c.set || l.code == 0 || l.replaced {
			continue
		}
		if best == 0 || nearness(l.code) < nearness(best) {
			best = l.code
		}
	}
	return best
}

// nearness orders final responses as outcome/README section 6 does, the one that
// counts most first.
func nearness(code int) int {
	switch {
	case code >= 600:
		return 0
	case code < 400:
		return 1
	case code == 486:
		return 2
	case code == 403:
		return 3
	case code == 480 || code == 408 || code == 487:
		return 4
	case code < 500:
		return 5
	}
	return 6
}

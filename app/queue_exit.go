package app

import "time"

// keyed gets something when the caller presses a key; nil: no key leads anywhere.
func (v *visit) keyed() <-chan struct{} {
	if k, ok := v.s.(Keyer); ok && len(v.opt.Exits) > 0 {
		return k.Keyed()
	}
	return nil
}

// keys are those that lead somewhere, also while an agent rings.
func (v *visit) keys() string {
	keys := ""
	for k := range v.opt.Exits {
		keys += k
	}
	return keys
}

// exit sends a caller who has pressed a key where that leads; to is empty where it
// stays. Other keys are forgotten.
func (v *visit) exit() (to string, err error) {
	if v.keyed() == nil {
		return "", nil
	}
	for {
		key, err := v.s.Digits(DigitOptions{Max: 1, First: time.Nanosecond})
		if key == "" || err != nil {
			return "", err
		}
		if to := v.opt.Exits[key]; to != "" {
			v.w.queue.floor.gone(v.w, CallerLeft)
			if err := v.s.Node("key " + key); err != nil {
				return "", err
			}
			return to, v.s.Transfer(to)
		}
	}
}

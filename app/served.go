package app

import "log/slog"

// serve answers a call to a service of the server and ends it: the place is a leaf, so that a
// caller who leaves as it is answered has been served, too.
func serve(s Session, l *Library, log *slog.Logger, leaf string, prompts ...string) error {
	if err := s.Leaf(leaf); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	return part(s, l, log, prompts)
}

// served ends a call that was answered, at a leaf.
func served(s Session, l *Library, log *slog.Logger, leaf string, prompts ...string) error {
	if err := s.Leaf(leaf); err != nil {
		return err
	}
	return part(s, l, log, prompts)
}

// part plays the last prompts and hangs up.
func part(s Session, l *Library, log *slog.Logger, prompts []string) error {
	if err := playPrompts(s, l, log, PlayOptions{}, prompts); err != nil {
		return err
	}
	return s.Hangup("End_In_IVR")
}

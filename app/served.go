package app

import "log/slog"

// served ends a call to a service of the server: the place is a leaf, so that a
// caller who leaves while the prompts play has been served, too.
func served(s Session, l *Library, log *slog.Logger, leaf string, prompts ...string) error {
	if err := s.Leaf(leaf); err != nil {
		return err
	}
	if err := playPrompts(s, l, log, PlayOptions{}, prompts); err != nil {
		return err
	}
	return s.Hangup("End_In_IVR")
}

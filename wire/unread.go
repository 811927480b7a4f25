package wire

import "syscall"

// Unread tells whether anything that came waits to be handed over: in a socket's
// buffer, or with a goroutine that reads. It costs a system call a socket and
// connection, so that it is for those who have reason to ask.
func (w *Wire) Unread() bool {
	for _, s := range w.udp {
		// The order matters: what is not in the buffer any more is with the reader until it is handed over.
		if waiting(s.raw) || s.busy.Load() {
			return true
		}
	}
	return w.streams.unread()
}

// mostAsked is how many connections are asked; of more than that chance chooses.
const mostAsked = 256

func (t *streams) unread() bool {
	t.mu.Lock()
	all := make([]*stream, 0, min(len(t.byID), mostAsked))
	for _, s := range t.byID {
		if len(all) == mostAsked {
			break
		}
		all = append(all, s)
	}
	t.mu.Unlock()
	for _, s := range all {
		s.mu.Lock()
		c, over := s.conn, s.ended != nil || s.ending || s.eof
		s.mu.Unlock()
		if over || c == nil {
			continue
		}
		if sc, ok := c.(syscall.Conn); ok {
			if raw, err := sc.SyscallConn(); err == nil && waiting(raw) {
				return true
			}
		}
		if s.busy.Load() {
			return true
		}
	}
	return false
}

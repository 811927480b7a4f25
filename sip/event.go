package sip

// An Event is the value of an Event header (RFC 6665 section 8.2.1).
type Event struct {
	Package string // with its templates: "dialog", "presence.winfo"; case-sensitive
	ID      string
	Params  Params
}

// Event returns the Event header's value; ok is false if it is absent or malformed.
func (m *Message) Event() (e Event, ok bool) {
	name, params := cutUnquoted(m.Get(HEvent), ';')
	e = Event{Package: trim(name), Params: Params(params)}
	e.ID, _ = e.Params.Get("id")
	return e, isToken(e.Package)
}

// A SubscriptionState is the value of a Subscription-State header (RFC 6665 section 8.2.3).
type SubscriptionState struct {
	State      string // "active", "pending", "terminated", or an extension
	Reason     string
	Expires    uint32 // seconds
	RetryAfter uint32 // seconds
	HasExpires bool
}

// SubscriptionState returns the header's value; ok is false if it is absent or malformed.
func (m *Message) SubscriptionState() (s SubscriptionState, ok bool) {
	name, rest := cutUnquoted(m.Get(HSubscriptionState), ';')
	p := Params(rest)
	s.State = lower(trim(name))
	s.Reason, _ = p.Get("reason")
	n, has := p.Uint("expires", 1<<32-1)
	s.Expires, s.HasExpires = uint32(n), has
	n, _ = p.Uint("retry-after", 1<<32-1)
	s.RetryAfter = uint32(n)
	return s, isToken(s.State)
}

// String prints the value.
func (s SubscriptionState) String() string {
	var p Params
	if s.HasExpires {
		p = p.With("expires", formatUint(s.Expires))
	}
	if s.Reason != "" {
		p = p.With("reason", s.Reason)
	}
	if s.RetryAfter > 0 {
		p = p.With("retry-after", formatUint(s.RetryAfter))
	}
	return s.State + string(p)
}

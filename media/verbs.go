package media

// quiet ends what a leg sends, to make room for another source. A recording goes on.
func (l *leg) quiet() {
	l.part()
	l.echo = false
	l.play = player{}
	l.out.unlink()
}

// Echo sends back to a leg's peer what comes from it, as a stream of our own.
func (e *Engine) Echo(id LegID) error {
	return e.do(id, func(l *leg) {
		l.quiet()
		l.echo = true
	})
}

// Play sends a Source to a leg's peer, from its start; with loop for ever, else until PlayDone. It ends a bridge or echo. It waits while
// the leg may not send.
func (e *Engine) Play(id LegID, src Source, loop bool) error {
	return e.do(id, func(l *leg) {
		l.quiet()
		if src != nil {
			l.play = player{src: src, loop: loop}
			l.w.startClock(l)
		}
	})
}

// Record gives the sound that comes from a leg's peer to a Sink, from now on, 20 ms at a time with silence where there is none, until the
// sink is full (RecordDone), Record with another or nil, Idle or Close. It disturbs neither bridge nor prompt.
func (e *Engine) Record(id LegID, sink Sink) error {
	return e.do(id, func(l *leg) {
		l.rec = nil
		if sink != nil {
			l.rec = &recorder{sink: sink, missing: fadeTicks}
			l.w.startClock(l)
		}
	})
}

// Over plays a Source to a leg's peer once instead of whatever else is sent to it, which goes on unheard: a word to the parties of a bridge.
// Nothing says when it is over. nil ends it.
func (e *Engine) Over(id LegID, src Source) error {
	return e.do(id, func(l *leg) {
		l.over = player{}
		l.out.unlink()
		if src != nil {
			l.over.src = src
			l.w.startClock(l)
		}
	})
}

// Overhear looks for keys that come as sound while the leg is relayed, or no more: for peers without telephone-event, since it costs more
// than to relay. Sound that is not G.711 is passed over. It stays so whatever the leg does, until it is told otherwise.
func (e *Engine) Overhear(id LegID, on bool) error {
	return e.do(id, func(l *leg) {
		switch {
		case !on:
			l.passing = nil
		case l.passing == nil:
			l.passing = &toneReader{}
		}
	})
}

// Digits sends keys to a leg's peer: as telephone-events (RFC 4733), or as tones where none were agreed. Other sound to the peer is left
// out meanwhile. More digits are added to those that wait; DigitsDone comes after the last. What is no key is left out.
func (e *Engine) Digits(id LegID, keys string) error {
	valid := validKeys(keys)
	return e.do(id, func(l *leg) {
		if l.dig == nil {
			l.dig = &digitSender{}
		}
		l.dig.keys += valid
		l.w.startClock(l)
	})
}

// Idle ends whatever a leg does: bridge, echo, prompt, recording, digits. It listens on, for digits and for timeouts.
func (e *Engine) Idle(id LegID) error {
	return e.do(id, func(l *leg) { l.rest() })
}

package e2e

import "onhook/phone"

// reaches calls a number from an extension and waits until somebody or something answers.
func (o *office) reaches(from, number string) *phone.Call {
	o.t.Helper()
	c := o.dial(from, number)
	o.must(c.WaitAnswered(o.ctx))
	return c
}

// answers takes the call that rings at an extension.
func (o *office) answers(at string) *phone.Call {
	o.t.Helper()
	c := o.incoming(at)
	o.must(c.Answer(o.ctx))
	return c
}

// busy refuses the call that rings at an extension.
func (o *office) busy(at string) {
	o.t.Helper()
	o.must(o.incoming(at).Reject(o.ctx, 486, "Busy Here"))
}

// speak has each of two parties send a tone, 900 Hz and 700 Hz, and waits until the other one hears it.
func (o *office) speak(a, b *phone.Call) {
	o.t.Helper()
	o.tone(a, 900)
	o.tone(b, 700)
	o.hears(a, 700)
	o.hears(b, 900)
}

// hangsUp ends a call and waits until another one is over by that.
func (o *office) hangsUp(c, other *phone.Call) {
	o.t.Helper()
	o.must(c.Hangup(o.ctx))
	o.ended(other)
}

package store

import "encoding/binary"

// A sum is what a set of calls adds up to.
type sum struct {
	Counts
	dial, ring, talk histogram
}

// A counted is what of one call is counted.
type counted struct {
	startedAt, bits, dial, ring, talk, setup int64
}

// The bits of a counted, in the order of the counts that they add to.
const (
	bitAnswered = 1 << iota
	bitPlatform
	bitOK
	bitRedirect
	bitUser
	bitFailed
	bitDelivered
)

// parts are the counts that a bit adds to, in the order of the bits.
func (c *Counts) parts() [7]*int64 {
	return [7]*int64{&c.Answered, &c.Platform, &c.OK, &c.Redirect, &c.User, &c.Failed, &c.Delivered}
}

// add counts one call.
func (s *sum) add(r *counted) {
	s.Calls++
	for i, p := range s.parts() {
		*p += r.bits >> i & 1
	}
	s.TalkMS += r.talk
	s.RingMS += r.ring
	if r.bits&bitAnswered != 0 {
		s.SetupMS += r.setup
		s.talk.add(r.talk)
	}
	if r.dial >= 0 {
		s.dial.add(r.dial)
		s.ring.add(r.ring)
	}
}

// merge adds another sum.
func (s *sum) merge(o *sum) {
	s.Calls += o.Calls
	from := o.parts()
	for i, p := range s.parts() {
		*p += *from[i]
	}
	s.TalkMS += o.TalkMS
	s.RingMS += o.RingMS
	s.SetupMS += o.SetupMS
	s.dial.merge(&o.dial)
	s.ring.merge(&o.ring)
	s.talk.merge(&o.talk)
}

// numbers are all counts, in the order in which they are stored.
func (s *sum) numbers() [11]*int64 {
	return [11]*int64{
		&s.Calls, &s.Answered, &s.Platform, &s.OK, &s.Redirect, &s.User, &s.Failed, &s.Delivered,
		&s.TalkMS, &s.RingMS, &s.SetupMS,
	}
}

// appendTo writes the stored form.
func (s *sum) appendTo(b []byte) []byte {
	for _, n := range s.numbers() {
		b = binary.AppendVarint(b, *n)
	}
	return s.talk.appendTo(s.ring.appendTo(s.dial.appendTo(b)))
}

// readFrom reads a stored sum, in the place of what it held.
func (s *sum) readFrom(b []byte) (err error) {
	for _, n := range s.numbers() {
		v, size := binary.Varint(b)
		if size <= 0 {
			return errSums
		}
		*n = v
		b = b[size:]
	}
	for _, h := range [...]*histogram{&s.dial, &s.ring, &s.talk} {
		if b, err = h.readFrom(b); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return errSums
	}
	return nil
}

// group is the sum as an answer has it.
func (s *sum) group(value string) Group {
	return Group{Value: value, Counts: s.Counts, PostDial: s.dial.quantiles(), Ring: s.ring.quantiles(), Talk: s.talk.quantiles()}
}

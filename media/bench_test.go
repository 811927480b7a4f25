package media

import (
	"testing"
	"time"
)

// A relayed packet allocates nothing, in the worker's own code with real sockets.
func TestRelayAllocatesNothing(t *testing.T) {
	for name, codecs := range map[string][2]Codec{"same codec": {PCMU, PCMU}, "transcoded": {PCMU, PCMA}} {
		r := newRig(t, nil)
		a, b := r.party(1, 1, "127.0.0.1", codecs[0]), r.party(2, 1, "127.0.0.1", codecs[1])
		r.e.Bridge(1, 2)
		r.settled()
		a.say(0, sine(PCMU))
		b.hear()
		l := r.e.legs[1]
		p := a.packet(0, sine(PCMU))
		buf := make([]byte, len(p))
		src := addrOf(a.rtp)
		var n float64
		l.w.poll.call(l.w, func() {
			n = testing.AllocsPerRun(200, func() {
				copy(buf, p)
				l.w.receive(l, false, buf, src)
				l.burst = 0
			})
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a packet, want 0", name, n)
		}
		if s := r.e.Close(2); s.Out.Packets < 200 {
			t.Errorf("%s: only %d packets were relayed", name, s.Out.Packets)
		}
	}
}

// A playing and recording leg allocates nothing a tick.
func TestClockAllocatesNothing(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMA)
	r.e.Play(1, NewClip(Tone(8000, 8000, 500)), true)
	r.e.Record(1, NewBuffer(300*tickFrames))
	a.hear()
	l := r.e.legs[1]
	n := 0.0
	l.w.poll.call(l.w, func() { n = testing.AllocsPerRun(200, func() { l.w.tick(l) }) })
	if n != 0 {
		t.Errorf("%v allocations a tick, want 0", n)
	}
}

// BenchmarkRelay moves packets from a party's socket through a worker to the other party's; the parties' own system calls are in it.
func BenchmarkRelay(b *testing.B) {
	r := newRig(b, nil)
	from, to := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	r.e.Bridge(1, 2)
	r.settled()
	p, buf := from.packet(0, sine(PCMU)), make([]byte, maxPacket)
	to.rtp.SetReadDeadline(time.Time{})
	l := r.e.legs[1]
	sent := 0
	b.ReportAllocs()
	for b.Loop() {
		if sent++; sent%(packetLimit/2) == 0 {
			// The rate limit is for a second of a party, not for a benchmark.
			l.w.poll.call(l.w, func() { l.burst = 0 })
		}
		from.rtp.WriteToUDPAddrPort(p, from.leg)
		if _, _, err := to.rtp.ReadFromUDPAddrPort(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecorder takes a packet and gives 20 ms of sound.
func BenchmarkRecorder(b *testing.B) {
	r, body := &recorder{sink: endless{}, missing: fadeTicks}, sine(PCMU)
	h := header{ssrc: 1}
	b.ReportAllocs()
	for b.Loop() {
		r.put(&h, PCMU, body)
		r.tick()
		h.ts += tickFrames
	}
}

// endless is a Sink that keeps nothing.
type endless struct{}

func (endless) Write([]int16) bool { return true }

package media

import (
	"math/rand/v2"
	"testing"
)

// keyed is the sound of keys as a phone makes it: so many ms of tone, so many of pause.
func keyed(keys string, tone, pause int, low, high float64) (pcm []int16) {
	for i := range len(keys) {
		l, h, _ := KeyTones(keys[i])
		part := Tone(tone*8, low, l)
		for j, v := range Tone(tone*8, high, h) {
			part[j] = clip(int32(part[j]) + int32(v))
		}
		pcm = append(append(pcm, part...), make([]int16, pause*8)...)
	}
	return pcm
}

// readKeys has a toneReader hear sound in packets of 20 ms.
func readKeys(codec Codec, pcm []int16) string {
	r, keys := &toneReader{}, []byte(nil)
	for len(pcm) > 0 {
		n := min(len(pcm), tickFrames)
		if k := r.read(codec, codec.Encode(nil, pcm[:n])); k != 0 {
			keys = append(keys, k)
		}
		pcm = pcm[n:]
	}
	return string(keys)
}

// ITU-T Q.24: a tone of 40 ms is a key, so is one after a pause of 40 ms; twist up to 8 dB where the low tone is the stronger one.
func TestKeysAsTones(t *testing.T) {
	const all = "1234567890*#ABCD"
	for _, tt := range []struct {
		name        string
		tone, pause int
		low, high   float64
	}{
		{"as usual", 100, 100, 6000, 6000},
		{"as short as may be", 45, 45, 6000, 6000},
		{"long", 700, 300, 6000, 6000},
		{"loud", 80, 60, 15000, 15000},
		{"soft", 80, 60, 600, 600},
		{"the low tones 6 dB stronger", 80, 60, 8000, 4000},
		{"the high tones 3 dB stronger", 80, 60, 4000, 5600},
	} {
		for _, codec := range []Codec{PCMU, PCMA} {
			if got := readKeys(codec, keyed(all, tt.tone, tt.pause, tt.low, tt.high)); got != all {
				t.Errorf("%s, %v: got %q, want %q", tt.name, codec, got, all)
			}
		}
	}
	if got := readKeys(PCMU, keyed("55", 100, 60, 6000, 6000)); got != "55" {
		t.Errorf("a key twice: got %q", got)
	}
}

func TestKeysAsTonesWithNoiseAndHoles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pcm := keyed("0123456789", 100, 100, 6000, 6000)
	for i := range pcm {
		pcm[i] = clip(int32(pcm[i]) + rnd.Int32N(800) - 400) // 24 dB below
	}
	if got := readKeys(PCMU, pcm); got != "0123456789" {
		t.Errorf("with noise: got %q", got)
	}
	long := keyed("7", 400, 100, 6000, 6000)
	clear(long[1600:1700]) // a hole of 12 ms, where a packet was lost
	if got := readKeys(PCMU, long); got != "7" {
		t.Errorf("with a hole: got %q, want one key", got)
	}
}

// What is no key: single tones, ringing and music, noise, a voice-like sum of harmonics, the two tones of a key too short.
func TestSoundThatIsNoKey(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	noise := make([]int16, 4*8000)
	for i := range noise {
		noise[i] = int16(rnd.Int32N(30000) - 15000)
	}
	var voice []int16 // of gliding pitch
	for f := 90.0; f < 300; f += 1.5 {
		voice = append(voice, Tone(400, 2500, f, 2*f, 3*f, 4*f, 5*f, 6*f, 7*f, 8*f)...)
	}
	for name, pcm := range map[string][]int16{
		"one tone": Tone(8000, 8000, 697), "another": Tone(8000, 8000, 1336), "ringing": Tone(8000, 8000, 425), "two low tones": Tone(8000, 6000, 697, 852),
		"a chord": Tone(16000, 6000, 261.63, 329.63, 392), "noise": noise, "voice": voice, "silence": make([]int16, 8000),
		"too short": keyed("5", 15, 100, 6000, 6000), "too soft": keyed("5", 100, 100, 100, 100),
	} {
		if got := readKeys(PCMU, pcm); got != "" {
			t.Errorf("%s: got %q, want no key", name, got)
		}
	}
}

func TestKeysAsTonesOnALeg(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	a.cfg.DTMFPT, a.cfg.Tones = 0, true
	a.set()
	say := func(keys string) {
		pcm := keyed(keys, 80, 60, 6000, 6000)
		for ; len(pcm) >= tickFrames; pcm = pcm[tickFrames:] {
			a.say(0, PCMU.Encode(nil, pcm[:tickFrames]))
		}
	}
	say("4")
	if ev := r.event(Digit, 1); ev.Keys() != "4" {
		t.Errorf("got %q, want 4", ev.Keys())
	}
	// Two who talk with each other are not listened to.
	r.e.Bridge(1, 2)
	r.settled()
	say("5")
	for range 7 {
		b.hear()
	}
	r.hasNo(Digit)
}

func TestKeysAsTonesWhileRelayed(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMA), r.party(2, 1, "127.0.0.1", PCMA)
	a.cfg.DTMFPT, a.cfg.Codec = 0, Pass // as where the two agreed on a codec of their own
	b.cfg.DTMFPT, b.cfg.Codec = 0, Pass
	a.set()
	b.set()
	r.e.Bridge(1, 2)
	r.settled()
	say := func(from, to *party, keys string) {
		pcm := keyed(keys, 80, 60, 6000, 6000)
		for ; len(pcm) >= tickFrames; pcm = pcm[tickFrames:] {
			from.say(ptPCMA, PCMA.Encode(nil, pcm[:tickFrames]))
			to.hear() // they pass on as they are
		}
	}
	if err := r.e.Overhear(1, true); err != nil {
		t.Fatal(err)
	}
	r.settled()
	say(b, a, "7")
	for _, want := range []string{"*", "1"} {
		say(a, b, want)
		if ev := r.event(Digit, 1); ev.Keys() != want {
			t.Errorf("got %q, want %s", ev.Keys(), want)
		}
	}
	if err := r.e.Overhear(1, false); err != nil {
		t.Fatal(err)
	}
	r.settled()
	say(a, b, "2")
	r.hasNo(Digit)
	if err := r.e.Overhear(9, true); err == nil {
		t.Error("a leg that there is not was overheard")
	}
}

func BenchmarkKeysAsTones(b *testing.B) {
	for name, pcm := range map[string][]int16{"sound": Tone(160, 8000, 500), "silence": make([]int16, 160)} {
		b.Run(name, func(b *testing.B) {
			r, body := &toneReader{}, PCMU.Encode(nil, pcm)
			b.ReportAllocs()
			for b.Loop() {
				r.read(PCMU, body)
			}
		})
	}
}

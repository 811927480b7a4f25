package media

import "testing"

func TestGoertzelFindsATone(t *testing.T) {
	pcm := Tone(1600, 8000, 440)
	if p := Goertzel(pcm, 440); p < 0.98 || p > 1.02 {
		t.Errorf("440 Hz in a tone of 440 Hz: share %.3f, want about 1", p)
	}
	if p := Goertzel(pcm, 620); p > 0.01 {
		t.Errorf("620 Hz in a tone of 440 Hz: share %.3f, want about 0", p)
	}
	if p := Goertzel(make([]int16, 100), 440); p != 0 {
		t.Errorf("silence: share %.3f, want 0", p)
	}
	low, high, ok := KeyTones('5')
	if !ok || low != 770 || high != 1336 {
		t.Errorf("key 5: got %v, %v, want 770, 1336", low, high)
	}
	two := Tone(1600, 6000, low, high)
	if p, q := Goertzel(two, low), Goertzel(two, high); p < 0.45 || p > 0.55 || q < 0.45 || q > 0.55 {
		t.Errorf("two tones: shares %.2f and %.2f, want half each", p, q)
	}
}

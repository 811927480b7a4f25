package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestWAVRoundTrip(t *testing.T) {
	pcm := Tone(801, 9000, 440)
	for _, f := range []WAVFormat{WAVPCM, WAVAlaw, WAVUlaw} {
		for _, a := range []Audio{{1, pcm}, Stereo(pcm, pcm[:400])} {
			var file bytes.Buffer
			if err := WriteWAV(&file, a, f); err != nil {
				t.Fatal(err)
			}
			if file.Len()%2 != 0 || int(binary.LittleEndian.Uint32(file.Bytes()[4:]))+8 != file.Len() {
				t.Errorf("format %d: RIFF size does not fit %d bytes", f, file.Len())
			}
			got, err := ReadWAV(&file, 801)
			if err != nil {
				t.Fatal(err)
			}
			if got.Channels != a.Channels || len(got.Samples) != len(a.Samples) {
				t.Fatalf("format %d: got %d channels, %d samples, want %d, %d", f, got.Channels, len(got.Samples), a.Channels, len(a.Samples))
			}
			if f == WAVPCM && !slices.Equal(got.Samples, a.Samples) {
				t.Error("PCM samples changed")
			}
			if p := Goertzel(got.Mono()[:400], 440); p < 0.95 {
				t.Errorf("format %d: share of 440 Hz is %.2f", f, p)
			}
		}
	}
}

func wavFile(format, channels uint16, rate uint32, depth uint16, promised uint32, data string) string {
	le := binary.LittleEndian
	b := append(le.AppendUint32([]byte("RIFF"), 0), "WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00"...)
	b = le.AppendUint32(le.AppendUint16(le.AppendUint16(b, format), channels), rate)
	b = le.AppendUint16(le.AppendUint16(le.AppendUint32(b, 0), 0), depth)
	return string(le.AppendUint32(append(b, "data"...), promised)) + data
}

func TestWAVRefusesWithAReason(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "want RIFF"},
		{"RIFFxxxxAVI LIST", "want RIFF"},
		{"RIFFxxxxWAVE", "ends before its data"},
		{"RIFFxxxxWAVEdata\x02\x00\x00\x00ab", "before the fmt chunk"},
		{"RIFFxxxxWAVEjunk\xff\xff\xff\xffab", `ends inside its "junk"`},
		{"RIFFxxxxWAVEfmt \xff\xff\xff\xffab", "fmt chunk of 4294967295 bytes"},
		{wavFile(1, 1, 44100, 16, 2, "ab"), "44100 samples a second, want 8000"},
		{wavFile(1, 6, 8000, 16, 2, "ab"), "6 channels"},
		{wavFile(1, 1, 8000, 8, 2, "ab"), "8 bits a sample, want 16"},
		{wavFile(3, 1, 8000, 32, 2, "ab"), "format 3"},
	} {
		if _, err := ReadWAV(strings.NewReader(c.file), 10); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want an error with %q", c.file, err, c.want)
		}
	}
	if _, err := ReadWAV(strings.NewReader(wavFile(1, 1, 8000, 16, 8, "abcdefgh")), 3); !errors.Is(err, ErrTooLong) {
		t.Errorf("four samples, three allowed: got %v", err)
	}
	// Four gigabytes promised, two and a half samples there.
	a, err := ReadWAV(strings.NewReader(wavFile(1, 1, 8000, 16, 1<<32-1, "abcde")), 1<<30)
	if err != nil || len(a.Samples) != 2 {
		t.Errorf("cut file: got %d samples and %v, want 2", len(a.Samples), err)
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add([]byte(wavFile(1, 2, 8000, 16, 8, "abcdefgh")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := ReadWAV(bytes.NewReader(b), 1000); err == nil && len(a.Samples) > 1000*a.Channels {
			t.Errorf("%d samples, limit 1000 a channel", len(a.Samples))
		}
	})
}

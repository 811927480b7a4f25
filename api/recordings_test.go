package api

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"onhook/config"
	"onhook/media"
)

// tapes has a recording of one call, by its path.
type tapes string

// oneRecording is of the call 0: a second of tones, one on each channel.
func oneRecording(t testing.TB) tapes {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.wav")
	var b bytes.Buffer
	if err := media.WriteWAV(&b, media.Stereo(media.Tone(8000, 8000, 400), media.Tone(8000, 8000, 700)), media.WAVPCM); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return tapes(path)
}

func (p tapes) Open(id string) (*os.File, error) {
	if id != testID(0) {
		return nil, fs.ErrNotExist
	}
	return os.Open(string(p))
}

func TestRecordingIsServedWholeAndInParts(t *testing.T) {
	s, keys := newSite(t)
	path := "/v1/calls/" + testID(0) + "/recording"
	whole := s.ask("GET", path, keys[config.RecordingsRead], "")
	a, err := media.ReadWAV(bytes.NewReader([]byte(whole.body)), 8000)
	if whole.status != 200 || whole.header.Get("Content-Type") != "audio/wav" || err != nil || a.Channels != 2 {
		t.Fatalf("got %d, %s, %v, want a WAV file of two channels", whole.status, whole.header.Get("Content-Type"), err)
	}
	part := s.ask("GET", path, keys[config.RecordingsRead], "", "Range: bytes=44-143")
	if part.status != 206 || part.body != whole.body[44:144] {
		t.Errorf("a part: got %d with %d bytes, want 206 with 100", part.status, len(part.body))
	}
}

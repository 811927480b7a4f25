package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Audio is sound of 8 kHz: Samples of Channels (1 or 2) in turn.
type Audio struct {
	Channels int
	Samples  []int16
}

// Mono is the sound with its channels mixed into one.
func (a Audio) Mono() []int16 {
	if a.Channels != 2 {
		return a.Samples
	}
	out := make([]int16, len(a.Samples)/2)
	for i := range out {
		out[i] = int16((int32(a.Samples[2*i]) + int32(a.Samples[2*i+1])) / 2)
	}
	return out
}

// Stereo puts two voices on two channels; the shorter one ends in silence.
func Stereo(left, right []int16) Audio {
	out := make([]int16, 2*max(len(left), len(right)))
	for i, s := range left {
		out[2*i] = s
	}
	for i, s := range right {
		out[2*i+1] = s
	}
	return Audio{Channels: 2, Samples: out}
}

// A WAVFormat is how samples are stored: the format tag of the file's fmt chunk.
type WAVFormat uint16

// The formats that are read and written.
const (
	WAVPCM  WAVFormat = 1
	WAVAlaw WAVFormat = 6
	WAVUlaw WAVFormat = 7

	wavExtensible WAVFormat = 0xFFFE
)

// ErrTooLong: a WAV file holds more than the reader was allowed to take.
var ErrTooLong = errors.New("wav: more sound than allowed")

// ReadWAV reads a RIFF WAVE file of 8 kHz: 16-bit PCM, A-law or u-law, one or two channels. At most limit samples of each channel are
// taken, else ErrTooLong; memory grows only as bytes come.
func ReadWAV(r io.Reader, limit int) (Audio, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return Audio{}, fmt.Errorf("wav: file begins with %q, want RIFF and WAVE", head[:])
	}
	var f wavFmt
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return Audio{}, errors.New("wav: file ends before its data chunk")
		}
		name, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch {
		case name == "fmt ":
			if err := f.read(r, size); err != nil {
				return Audio{}, err
			}
		case name == "data" && f.channels == 0:
			return Audio{}, errors.New("wav: data chunk before the fmt chunk, want it after")
		case name == "data":
			return f.samples(r, size, limit)
		default:
			// Chunks are padded to even sizes.
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return Audio{}, fmt.Errorf("wav: file ends inside its %q chunk", name)
			}
		}
	}
}

// wavFmt is the fmt chunk.
type wavFmt struct {
	format   WAVFormat
	channels int
	width    int // bytes a sample
}

func (f *wavFmt) read(r io.Reader, size int64) error {
	if size < 16 || size > 1<<10 {
		return fmt.Errorf("wav: fmt chunk of %d bytes, want 16 to 40", size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return errors.New("wav: file ends inside its fmt chunk")
	}
	f.format = WAVFormat(binary.LittleEndian.Uint16(b))
	if f.format == wavExtensible && size >= 26 {
		f.format = WAVFormat(binary.LittleEndian.Uint16(b[24:]))
	}
	channels, rate, depth := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	want := uint16(8)
	switch f.format {
	case WAVPCM:
		want = 16
	case WAVAlaw, WAVUlaw:
	default:
		return fmt.Errorf("wav: format %d, want 1 (PCM), 6 (A-law) or 7 (u-law)", f.format)
	}
	if rate != clockRate {
		return fmt.Errorf("wav: %d samples a second, want 8000", rate)
	}
	if channels != 1 && channels != 2 {
		return fmt.Errorf("wav: %d channels, want 1 or 2", channels)
	}
	if depth != want {
		return fmt.Errorf("wav: %d bits a sample, want %d for this format", depth, want)
	}
	f.channels, f.width = int(channels), int(want/8)
	return nil
}

// samples reads the data chunk. A file that ends early, as a recording cut off does, gives what is there.
func (f *wavFmt) samples(r io.Reader, size int64, limit int) (Audio, error) {
	most := int64(limit) * int64(f.channels*f.width)
	b, err := io.ReadAll(io.LimitReader(r, min(size, most+1)))
	if err != nil {
		return Audio{}, fmt.Errorf("wav: reading samples: %w", err)
	}
	if int64(len(b)) > most {
		return Audio{}, fmt.Errorf("%w: want at most %d samples", ErrTooLong, limit)
	}
	b = b[:len(b)-len(b)%(f.channels*f.width)]
	a := Audio{Channels: f.channels}
	switch f.format {
	case WAVAlaw:
		a.Samples = PCMA.Decode(make([]int16, 0, len(b)), b)
	case WAVUlaw:
		a.Samples = PCMU.Decode(make([]int16, 0, len(b)), b)
	default:
		a.Samples = make([]int16, len(b)/2)
		for i := range a.Samples {
			a.Samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	}
	return a, nil
}

// WriteWAV writes a RIFF WAVE file of 8 kHz.
func WriteWAV(w io.Writer, a Audio, format WAVFormat) error {
	if a.Channels != 1 && a.Channels != 2 {
		return fmt.Errorf("wav: %d channels, want 1 or 2", a.Channels)
	}
	var data []byte
	width := 1
	switch format {
	case WAVAlaw:
		data = PCMA.Encode(nil, a.Samples)
	case WAVUlaw:
		data = PCMU.Encode(nil, a.Samples)
	case WAVPCM:
		width = 2
		data = make([]byte, 0, 2*len(a.Samples))
		for _, s := range a.Samples {
			data = binary.LittleEndian.AppendUint16(data, uint16(s))
		}
	default:
		return fmt.Errorf("wav: format %d, want 1 (PCM), 6 (A-law) or 7 (u-law)", format)
	}
	if int64(len(data)) > 1<<32-64 {
		return ErrTooLong
	}
	le := binary.LittleEndian
	pad := len(data) & 1
	h := append(le.AppendUint32([]byte("RIFF"), uint32(36+len(data)+pad)), "WAVEfmt "...)
	h = le.AppendUint16(le.AppendUint32(h, 16), uint16(format))
	h = le.AppendUint32(le.AppendUint16(h, uint16(a.Channels)), clockRate)
	h = le.AppendUint16(le.AppendUint32(h, uint32(clockRate*a.Channels*width)), uint16(a.Channels*width))
	h = append(le.AppendUint16(h, uint16(8*width)), "data"...)
	h = le.AppendUint32(h, uint32(len(data)))
	if _, err := io.Copy(w, io.MultiReader(bytes.NewReader(h), bytes.NewReader(data), bytes.NewReader(make([]byte, pad)))); err != nil {
		return fmt.Errorf("wav: writing: %w", err)
	}
	return nil
}

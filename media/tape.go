package media

import (
	"errors"
	"sync"
	"time"
)

// A Side is a channel of a recording.
type Side int

// The sides of a call: the caller on the left channel, who was called on the right one.
const (
	Left Side = iota
	Right
)

// ErrSlowDisk: the disk took so long that what waited for it had to be let go.
var ErrSlowDisk = errors.New("the disk is too slow")

const (
	// tapeSettle is how long sound stays in memory before it is written: both sides have come by then.
	tapeSettle = 400 * time.Millisecond
	// tapeMemory bounds what waits for the disk, in samples of two channels: 20 s.
	tapeMemory = 20 * clockRate
	// seam is how far a side may be from the time before it is put right: less is jitter of the clock that it is written by.
	seam = 100 * time.Millisecond
)

// A Tape is a recording under way. Its two sinks take the sound of the parties; which worker writes does not matter, nor whether one begins late
// or pauses: each frame stands where it belongs in time.
type Tape struct {
	archive *Archive
	name    string
	said    func(TapeNote)
	sides   [2]tapeSide

	mu     sync.Mutex
	since  time.Time // what position 0 of the sound was, in time; the pauses are left out
	paused time.Time // since when; zero: it goes on
	next   [2]int64  // where a side's next frame stands, in samples
	first  int64     // where pcm begins
	pcm    []int16   // interleaved, not yet given to the disk
	err    error
	over   bool

	// The archive's goroutine's own.
	file    tapeFile
	spare   []int16
	bytes   []byte
	written int64 // bytes of sound
	synced  time.Time
	told    bool
	broken  bool // nothing more is written
}

// tapeSide is the sink of one side.
type tapeSide struct {
	tape *Tape
	side Side
}

// Write is a Sink's.
func (s *tapeSide) Write(pcm []int16) bool { return s.tape.write(s.side, pcm) }

// Sink takes the sound of one side.
func (t *Tape) Sink(s Side) Sink { return &t.sides[s] }

// Pause has the sound that comes from now on left out, as if the time stood still, until Resume.
func (t *Tape) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused.IsZero() {
		t.paused = t.archive.now()
	}
}

// Resume ends a pause.
func (t *Tape) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.paused.IsZero() {
		t.since = t.since.Add(t.archive.now().Sub(t.paused))
		t.paused = time.Time{}
	}
}

// Stop ends the recording: what is in memory is still written, then the last TapeNote says how it ended.
func (t *Tape) Stop() {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.archive.hurry()
}

// write puts a frame of a side in its place.
func (t *Tape) write(side Side, pcm []int16) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.err != nil {
		return false
	}
	if !t.paused.IsZero() {
		return true
	}
	now := int64(t.archive.now().Sub(t.since)) * clockRate / int64(time.Second)
	at := t.next[side]
	if d := now - at; d > samplesOf(seam) || d < -samplesOf(seam) {
		at = now
	}
	if at < t.first {
		at = t.first
	}
	t.next[side] = at + int64(len(pcm))
	from, to := int(at-t.first), int(at-t.first)+len(pcm)
	if to > tapeMemory {
		t.err = ErrSlowDisk
		return false
	}
	t.grow(2 * to)
	for i, v := range pcm {
		t.pcm[2*(from+i)+int(side)] = v
	}
	return true
}

// grow makes the sound in memory at least n samples long, with silence.
func (t *Tape) grow(n int) {
	for len(t.pcm) < n {
		if n <= cap(t.pcm) {
			was := len(t.pcm)
			t.pcm = t.pcm[:n]
			clear(t.pcm[was:])
			return
		}
		t.pcm = append(t.pcm, 0)
	}
}

func samplesOf(d time.Duration) int64 { return int64(d) * clockRate / int64(time.Second) }

// take gives what both sides have had time to fill, and how the recording stands. The slice is good until the next take.
func (t *Tape) take(now time.Time) (pcm []int16, over bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := int64(len(t.pcm) / 2)
	if !t.over && t.err == nil {
		at := t.since
		if !t.paused.IsZero() {
			now = t.paused
		}
		n = min(n, samplesOf(now.Add(-tapeSettle).Sub(at))-t.first)
	}
	if n <= 0 {
		return nil, t.over, t.err
	}
	pcm, rest := t.pcm[:2*n], t.pcm[2*n:]
	t.pcm, t.spare = append(t.spare[:0], rest...), t.pcm[:0]
	t.first += n
	return pcm, t.over, t.err
}

// fail ends the recording; what was written stays.
func (t *Tape) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

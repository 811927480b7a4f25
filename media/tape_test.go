package media

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A deck is an archive whose time the test moves on, and what it has said.
type deck struct {
	*Archive
	mu    sync.Mutex
	at    time.Time
	notes chan TapeNote
}

func newDeck(t *testing.T, folder string, create func(string) (tapeFile, error)) *deck {
	t.Helper()
	d := &deck{at: time.Unix(1000, 0), notes: make(chan TapeNote, 8)}
	d.Archive = newArchive(folder, create, func() time.Time {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.at
	})
	return d
}

// started has the archive write by itself, until the test's end.
func (d *deck) started(t *testing.T) *deck {
	go d.run()
	t.Cleanup(d.Close)
	return d
}

func (d *deck) pass(long time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(long)
}

func (d *deck) begin(t *testing.T, name string) *Tape {
	t.Helper()
	tape, err := d.Start(name, func(n TapeNote) { d.notes <- n })
	if err != nil {
		t.Fatal(err)
	}
	return tape
}

// speak gives both sides a tone each for a time, 20 ms after 20 ms; 0 hertz: that side says nothing at all.
func (d *deck) speak(tape *Tape, long time.Duration, left, right float64) {
	n := int(long / tickTime)
	var frames [2][]int16
	for i, hertz := range [2]float64{left, right} {
		if hertz > 0 {
			frames[i] = Tone(n*tickFrames, 8000, hertz)
		}
	}
	for i := range n {
		d.pass(tickTime)
		for side, pcm := range frames {
			if pcm != nil {
				tape.Sink(Side(side)).Write(pcm[i*tickFrames : (i+1)*tickFrames])
			}
		}
	}
}

// channels reads a recording.
func channels(t *testing.T, path string) (left, right []int16) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ReadWAV(bytes.NewReader(raw), 1<<20)
	if err != nil || a.Channels != 2 {
		t.Fatalf("%s: %v, %d channels, want 2", path, err, a.Channels)
	}
	for i := 0; i+1 < len(a.Samples); i += 2 {
		left, right = append(left, a.Samples[i]), append(right, a.Samples[i+1])
	}
	return left, right
}

// holds checks that most of the power of a stretch, in seconds, lies at a frequency; 0: that it is silent.
func holds(t *testing.T, what string, pcm []int16, from, to, hertz float64) {
	t.Helper()
	if len(pcm) < int(to*clockRate) {
		t.Fatalf("%s: got %d samples, want %.0f", what, len(pcm), to*clockRate)
	}
	part := pcm[int(from*clockRate):int(to*clockRate)]
	if hertz == 0 {
		for i, v := range part {
			if v != 0 {
				t.Fatalf("%s: sample %d of %.1f s to %.1f s is %d, want silence", what, i, from, to, v)
			}
		}
		return
	}
	if share := Goertzel(part, hertz); share < 0.9 {
		t.Errorf("%s: share of %.0f Hz from %.1f s to %.1f s is %.2f", what, hertz, from, to, share)
	}
}

func TestTapeHoldsBothSidesInTheirTime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newDeck(t, folder, createTape).started(t)
	tape := d.begin(t, "one")
	d.speak(tape, time.Second, 400, 0)   // the other side is not there yet
	d.speak(tape, time.Second, 400, 700) // both
	d.speak(tape, time.Second, 0, 700)
	d.pass(2 * time.Second) // nobody
	tape.Pause()
	d.speak(tape, 5*time.Second, 1000, 1000)
	tape.Resume()
	d.speak(tape, time.Second, 500, 0)
	tape.Stop()
	n := <-d.notes
	if n.Err != nil || !n.Over {
		t.Fatalf("said %+v, want that it is over", n)
	}
	left, right := channels(t, filepath.Join(folder, "one.wav"))
	if got := float64(len(left)) / clockRate; got < 5.9 || got > 6.1 {
		t.Errorf("%.2f s are there, want 6", got)
	}
	holds(t, "left", left, 0.1, 1.9, 400)
	holds(t, "left", left, 2.1, 4.9, 0)
	holds(t, "left", left, 5.1, 5.9, 500)
	holds(t, "right", right, 0, 0.9, 0)
	holds(t, "right", right, 1.1, 2.9, 700)
	holds(t, "right", right, 3.1, 5.9, 0)
}

// TestTapeTakesABurstForWhatItIs has a second of one side's sound come at once, as after a stall of the network: what that
// side says later is where it was said, beside what the other one says.
func TestTapeTakesABurstForWhatItIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newDeck(t, folder, createTape).started(t)
	tape := d.begin(t, "one")
	d.speak(tape, time.Second, 400, 700)
	late := Tone(50*tickFrames, 8000, 1000)
	for i := range 50 {
		tape.Sink(Left).Write(late[i*tickFrames : (i+1)*tickFrames])
	}
	d.speak(tape, time.Second, 500, 800)
	tape.Stop()
	if n := <-d.notes; n.Err != nil || !n.Over {
		t.Fatalf("said %+v, want that it is over", n)
	}
	left, right := channels(t, filepath.Join(folder, "one.wav"))
	if got := float64(len(left)) / clockRate; got < 1.9 || got > 2.2 {
		t.Errorf("%.2f s are there, want 2", got)
	}
	holds(t, "left", left, 0.1, 0.9, 400)
	holds(t, "left", left, 1.2, 1.9, 500)
	holds(t, "right", right, 1.1, 1.9, 800)
}

// While a recording is written its file is good at any moment, and a server that is killed leaves it so: the next one gives it its name.
func TestTapeIsGoodWhileItIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newDeck(t, folder, createTape)
	tape := d.begin(t, "killed")
	for i := range 10 {
		d.speak(tape, time.Second, 400, 700)
		d.flush()
		left, right := channels(t, filepath.Join(folder, "killed.open.wav"))
		holds(t, "left", left, 0.1, float64(i)+0.5, 400)
		holds(t, "right", right, 0.1, float64(i)+0.5, 700)
	}
	if _, err := d.Start("killed", nil); !errors.Is(err, ErrTapeUsed) {
		t.Errorf("a second recording of the name: %v, want ErrTapeUsed", err)
	}
	// As a kill between sound and header leaves it.
	f, err := os.OpenFile(filepath.Join(folder, "killed.open.wav"), os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.Write(make([]byte, 4*clockRate+3))
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	again, notes, err := OpenArchive(folder)
	if err != nil || len(notes) != 1 {
		t.Fatalf("opened: %v, notes %q, want one", err, notes)
	}
	defer again.Close()
	left, _ := channels(t, filepath.Join(folder, "killed.wav"))
	holds(t, "left", left, 0.1, 9.5, 400)
	if got := float64(len(left)) / clockRate; got < 10.5 {
		t.Errorf("%.2f s are there, want what the header did not tell of as well", got)
	}
	file, err := again.Open("killed")
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	for _, name := range []string{"", "other", "../killed", "killed.wav"} {
		if _, err := again.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q): %v, want fs.ErrNotExist", name, err)
		}
	}
	if n, err := again.Sweep(time.Now().Add(time.Minute)); n != 1 || err != nil {
		t.Errorf("swept %d, %v, want 1", n, err)
	}
}

// A smallDisk is a file on a disk that has room for so many bytes.
type smallDisk struct {
	*os.File
	room int64
}

func (f *smallDisk) WriteAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.room {
		n, _ := f.File.WriteAt(b[:max(0, f.room-off)], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(b, off)
}

func TestTapeOnAFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newDeck(t, folder, func(path string) (tapeFile, error) {
		f, err := createTape(path)
		if err != nil {
			return nil, err
		}
		return &smallDisk{f.(*os.File), tapeHead + 3*4*clockRate + 2}, nil
	})
	tape := d.begin(t, "full")
	for range 6 {
		d.speak(tape, time.Second, 400, 700)
		d.flush()
	}
	n := <-d.notes
	if !errors.Is(n.Err, syscall.ENOSPC) || n.Over || n.Length != 3*time.Second {
		t.Errorf("said %+v, want that the disk is full after 3 s", n)
	}
	if tape.Sink(Left).Write(make([]int16, tickFrames)) {
		t.Error("it takes more sound, want no more")
	}
	tape.Stop()
	d.flush()
	if n := <-d.notes; !n.Over || n.Err != nil || n.Length != 3*time.Second {
		t.Errorf("said %+v at the end, want that it is over", n)
	}
	left, right := channels(t, filepath.Join(folder, "full.wav"))
	holds(t, "left", left, 0.1, 2.9, 400)
	holds(t, "right", right, 0.1, 2.9, 700)
}

// A disk that takes nothing for long costs the rest of the recording, but no memory without end.
func TestTapeOnADiskThatHangs(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{})
	d := newDeck(t, t.TempDir(), func(path string) (tapeFile, error) {
		f, err := createTape(path)
		if err != nil {
			return nil, err
		}
		return &hungDisk{f.(*os.File), hung}, nil
	}).started(t)
	tape := d.begin(t, "hung")
	d.speak(tape, 40*time.Second, 400, 700)
	if tape.Sink(Right).Write(make([]int16, tickFrames)) {
		t.Error("40 s wait for the disk, and it takes more")
	}
	tape.mu.Lock()
	if n := len(tape.pcm); n > 2*tapeMemory {
		t.Errorf("%d samples wait for the disk, want at most %d", n, 2*tapeMemory)
	}
	tape.mu.Unlock()
	close(hung)
	tape.Stop()
	for {
		n := <-d.notes
		if n.Err != nil && !errors.Is(n.Err, ErrSlowDisk) {
			t.Errorf("said %+v, want ErrSlowDisk", n)
		}
		if n.Over {
			break
		}
	}
}

// A hungDisk takes no sound until its channel is closed.
type hungDisk struct {
	*os.File
	until chan struct{}
}

func (f *hungDisk) WriteAt(b []byte, off int64) (int, error) {
	if off >= tapeHead {
		<-f.until
	}
	return f.File.WriteAt(b, off)
}

func TestTapeWritesWithoutAllocations(t *testing.T) {
	d := newDeck(t, t.TempDir(), createTape)
	tape := d.begin(t, "quick")
	pcm := Tone(tickFrames, 8000, 400)
	step := func() {
		for range 50 {
			d.pass(tickTime)
			tape.Sink(Left).Write(pcm)
			tape.Sink(Right).Write(pcm)
		}
	}
	for range 5 {
		step()
		d.flush()
	}
	if n := testing.AllocsPerRun(3, func() { step(); d.flush() }); n > 10 {
		t.Errorf("%.0f allocations for a second of sound", n)
	}
}

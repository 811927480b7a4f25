package media

import (
	"encoding/binary"
	"errors"
	"os"
	"time"
)

// flush writes what has come of a recording, and says whether it is over.
func (t *Tape) flush() bool {
	now := t.archive.now()
	pcm, over, err := t.take(now)
	if !t.broken {
		if e := t.put(pcm, now); e != nil {
			t.broken, err = true, e
			t.fail(e)
		}
	}
	if over {
		if e := t.finish(); err == nil {
			err = e
		}
		if t.told {
			err = nil // said before
		}
		t.said(TapeNote{Length: lengthOf(t.written), Err: err, Over: true})
		return true
	}
	if err != nil && !t.told {
		t.told = true
		t.said(TapeNote{Length: lengthOf(t.written), Err: err})
	}
	return false
}

// put writes sound, then the header that tells of it. Of what the disk does not take, whole samples of it stay.
func (t *Tape) put(pcm []int16, now time.Time) error {
	if len(pcm) == 0 {
		return nil
	}
	t.bytes = t.bytes[:0]
	for _, v := range pcm {
		t.bytes = binary.LittleEndian.AppendUint16(t.bytes, uint16(v))
	}
	if t.written+int64(len(t.bytes)) > longestTape {
		return ErrTooLong
	}
	n, err := t.file.WriteAt(t.bytes, tapeHead+t.written)
	t.written += int64(n) &^ 3
	if _, e := t.file.WriteAt(tapeHeader(t.written), 0); err == nil {
		err = e
	}
	if err == nil && now.Sub(t.synced) >= syncEvery {
		t.synced = now
		err = t.file.Sync()
	}
	return err
}

// finish brings a recording to the disk and gives it its name.
func (t *Tape) finish() error {
	err := errors.Join(t.file.Sync(), t.file.Close())
	t.archive.files(false)
	a := t.archive
	return errors.Join(err, os.Rename(a.path(t.name, openTapeEnd), a.path(t.name, tapeEnd)))
}

// tapeHeader is the header of a WAV file with so many bytes of sound.
func tapeHeader(n int64) []byte {
	le := binary.LittleEndian
	h := append(le.AppendUint32([]byte("RIFF"), uint32(tapeHead-8+n)), "WAVEfmt "...)
	h = le.AppendUint16(le.AppendUint32(h, 16), uint16(WAVPCM))
	h = le.AppendUint32(le.AppendUint16(h, 2), clockRate)
	h = le.AppendUint16(le.AppendUint32(h, 4*clockRate), 4)
	h = append(le.AppendUint16(h, 16), "data"...)
	return le.AppendUint32(h, uint32(n))
}

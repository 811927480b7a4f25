package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	// maxPacket is the longest packet of which all is read, in bytes: what
	// libpcap allows. Of a longer one the rest is passed over.
	maxPacket = 256 << 10
	// window is the size of the buffer that a file is read through, in bytes. A
	// packet is taken apart where it lies in it.
	window = 2*maxPacket + 64<<10
)

// A frame is one captured packet as its file holds it. The data is valid until
// the next one is read.
type frame struct {
	data   []byte
	at     time.Time
	coarse bool
	number uint64 // from 1
	link   uint32 // the link type as in tcpdump's list
	long   int    // bytes of the packet that were not captured
}

// A container is a file format: next reads the next packet. A frame without
// data stands for something else that was in the file. io.EOF: the end.
type container interface {
	next(out *items) (frame, error)
}

// open tells the format by the first bytes, looking through gzip once.
func open(r io.Reader) (container, error) {
	in := bufio.NewReaderSize(r, window)
	first, err := in.Peek(4)
	if err == nil && first[0] == 0x1f && first[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("capture: the gzip header: %w", err)
		}
		in = bufio.NewReaderSize(z, window)
		first, err = in.Peek(4)
		if err != nil {
			return nil, fmt.Errorf("capture: no whole header in the gzip file: %w", err)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("capture: %w", err)
	}
	if len(first) < 4 {
		return nil, fmt.Errorf("capture: only %d bytes: not a capture file", len(first))
	}
	switch magic := binary.LittleEndian.Uint32(first); magic {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1:
		return openPcap(in)
	case ngSection:
		return newPcapng(in), nil
	default:
		return nil, fmt.Errorf("capture: the file begins with % x: neither pcap (d4 c3 b2 a1 or its kin) nor pcapng (0a 0d 0d 0a), nor one of them in gzip", first)
	}
}

// A tape is the buffered file under a container, with the count of bytes read.
type tape struct {
	in   *bufio.Reader
	at   int64 // bytes before what Peek shows next
	hold int   // bytes of the frame that was handed out, passed over by the next call
}

// peek shows the next n bytes. Fewer come with an error only.
func (t *tape) peek(n int) ([]byte, error) { return t.in.Peek(n) }

// skip passes over n bytes, however many, without keeping them.
func (t *tape) skip(n int64) error {
	for n > 0 {
		k, err := t.in.Discard(int(min(n, 1<<30)))
		t.at += int64(k)
		n -= int64(k)
		if err != nil {
			return err
		}
	}
	return nil
}

// release passes over the frame that was handed out.
func (t *tape) release() {
	if t.hold > 0 {
		k, _ := t.in.Discard(t.hold)
		t.at += int64(k)
		t.hold = 0
	}
}

// cut says that the file ends, or cannot be read, in the middle of something.
// A damaged end of the input is the end of the capture; what the reader below
// complains of otherwise is handed on.
func (t *tape) cut(out *items, last time.Time, there int, what string, err error) error {
	if there == 0 && errors.Is(err, io.EOF) {
		return io.EOF
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		out.add(Item{
			Kind: Gap, At: last, Lost: 1, Truncated: true,
			Text: fmt.Sprintf("the file ends at byte %d in the middle of %s", t.at+int64(there), what),
		})
		return io.EOF
	}
	return fmt.Errorf("capture: at byte %d: %w", t.at, err)
}

// resync looks for the next place where plausible says that a record begins and
// says how much was passed over. It reads on to the end if there is none.
func (t *tape) resync(out *items, last time.Time, what string, plausible func(b []byte) bool) error {
	var lost int64
	if err := t.skip(1); err != nil {
		return io.EOF
	}
	for lost = 1; ; {
		b, err := t.peek(window)
		found := -1
		for i := 0; i+ngLeast <= len(b); i++ {
			if err == nil && i >= window-maxPacket-64 {
				break // the record that begins here may not be whole in what is seen
			}
			if plausible(b[i:]) {
				found = i
				break
			}
		}
		if found < 0 {
			n := len(b)
			if err == nil {
				n = window - maxPacket - 64
			}
			lost += int64(n)
			skipErr := t.skip(int64(n))
			if err == nil && skipErr == nil {
				continue
			}
			t.lost(out, last, what, lost, "no record was found after it")
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return fmt.Errorf("capture: at byte %d: %w", t.at, err)
			}
			return io.EOF
		}
		lost += int64(found)
		err = t.skip(int64(found))
		t.lost(out, last, what, lost, "reading goes on after it")
		return err
	}
}

func (t *tape) lost(out *items, last time.Time, what string, lost int64, then string) {
	out.add(Item{
		Kind: Gap, At: last, Lost: uint64(lost),
		Text: fmt.Sprintf("%s: %d bytes before byte %d are damaged, %s", what, lost, t.at, then),
	})
}

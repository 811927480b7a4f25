package store

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"testing"
)

// FuzzHappened reads arbitrary files of events, as a crash or a disk may leave them: what
// is read is what was written, in whole lines, and the rest is passed over.
func FuzzHappened(f *testing.F) {
	line := func(at, n int, event string) string {
		return fmt.Sprintf("%d %d %08x %s\n", at, n, crc32.ChecksumIEEE([]byte(event)), event)
	}
	f.Add([]byte(line(1, 1, `{"a":1}`) + line(2, 1, `{"b":"x y"}`)))
	f.Add([]byte(line(1, 1, `{"a":1}`)[:12]))
	f.Add([]byte("1 1 00000000 {}\n\n-1 4294967296 zz x\n" + line(3, 9, "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again bytes.Buffer
		n := 0
		whole, err := readHappened(bytes.NewReader(b), func(p Place, event []byte) error {
			n++
			fmt.Fprintf(&again, "%d %d %08x %s\n", p.At, p.N, crc32.ChecksumIEEE(event), event)
			return nil
		})
		if err != nil || whole > int64(len(b)) || whole > 0 && b[whole-1] != '\n' {
			t.Fatalf("%d of %d bytes are whole lines, %v", whole, len(b), err)
		}
		m := 0
		if _, err := readHappened(&again, func(Place, []byte) error { m++; return nil }); err != nil || m != n {
			t.Fatalf("%d events, written again and read: %d, %v", n, m, err)
		}
	})
}

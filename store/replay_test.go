package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/call"
)

// A written is a chunk that the test wrote, and where.
type written struct {
	kind     byte
	id       string
	from, to int64
}

// writeLog makes a log of one segment with starts, heartbeats and records and
// returns its bytes up to the last chunk and what is in it.
func writeLog(t *testing.T) (log []byte, chunks []written) {
	t.Helper()
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Hour, SegmentSize: 64 << 10})
	note := func(kind byte, id string, from int64) {
		chunks = append(chunks, written{kind, id, from, s.j.end().off})
	}
	settle := func() { // the writer's own chunks are on disk
		for {
			s.j.mu.Lock()
			done := s.j.carried == s.j.cur.num && len(s.j.ready) > 0
			s.j.mu.Unlock()
			if done {
				return
			}
			s.w.wake()
		}
	}
	settle()
	for i := range 4 {
		from := s.j.end().off
		if err := s.Begin(testStart(i)); err != nil {
			t.Fatal(err)
		}
		note(kindStart, testID(i), from)
	}
	from := s.j.end().off
	if err := s.Heartbeat(t0.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	note(kindAlive, "", from)
	for i := range 3 {
		from := s.j.end().off
		finishAll(t, s, i, i+1)
		note(kindFinish, testID(i), from)
	}
	b, err := os.ReadFile(segmentPath(s.j.dir, s.j.cur.num))
	if err != nil {
		t.Fatal(err)
	}
	return b[:s.j.end().off], chunks
}

// replayBytes replays a log of one segment with this content.
func replayBytes(t testing.TB, dir string, b []byte) (rows, open []string, r *replay) {
	t.Helper()
	if err := os.WriteFile(segmentPath(dir, 1), b, 0o600); err != nil {
		t.Fatal(err)
	}
	r = newReplay(dir, loc{}, func(w row) error {
		rows = append(rows, w.record.ID)
		return nil
	})
	if err := r.run([]uint64{1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.calls() {
		open = append(open, c.ID)
	}
	return rows, open, r
}

// expect says what a replay finds if the chunks for which ok is true are whole.
func expect(chunks []written, ok func(written) bool) (rows, open []string) {
	for _, c := range chunks {
		switch {
		case !ok(c):
		case c.kind == kindStart:
			open = append(open, c.id)
		case c.kind == kindFinish:
			rows = append(rows, c.id)
		}
	}
	return rows, slices.DeleteFunc(open, func(id string) bool { return slices.Contains(rows, id) })
}

func TestReplayOfALogCutAnywhere(t *testing.T) {
	log, chunks := writeLog(t)
	dir := t.TempDir()
	for cut := range int64(len(log)) + 1 {
		short := log[:cut]
		zeroed := append(bytes.Clone(short), make([]byte, 64)...)
		for name, b := range map[string][]byte{"short": short, "zeroed": zeroed} {
			// Where zeros were cut off and zeros follow, nothing is missing.
			whole := func(c written) bool {
				return c.to <= cut || name == "zeroed" && c.from < cut && len(bytes.Trim(log[cut:c.to], "\x00")) == 0
			}
			wantRows, wantOpen := expect(chunks, whole)
			rows, open, _ := replayBytes(t, dir, b)
			if !slices.Equal(rows, wantRows) || !slices.Equal(open, wantOpen) {
				t.Fatalf("%s at %d: records %v, open %v; want %v, %v", name, cut, rows, open, wantRows, wantOpen)
			}
		}
	}
}

func TestReplayOfALogWithAFlippedByteLosesThatChunkOnly(t *testing.T) {
	log, chunks := writeLog(t)
	dir := t.TempDir()
	b := append(bytes.Clone(log), make([]byte, 64)...)
	for i := range int64(len(log)) {
		b[i] ^= 0x10
		rows, open, r := replayBytes(t, dir, b)
		// Padding is not covered by the CRC: a flip there may go unseen.
		hit := func(c written) bool { return c.from <= i && i < c.to }
		wantRows, wantOpen := expect(chunks, func(c written) bool { return !hit(c) })
		padRows, padOpen := expect(chunks, func(written) bool { return true })
		lost := slices.Equal(rows, wantRows) && slices.Equal(open, wantOpen)
		unseen := slices.Equal(rows, padRows) && slices.Equal(open, padOpen) && padding(log, chunks, i)
		if !lost && !unseen {
			t.Fatalf("byte %d: records %v, open %v; want %v, %v", i, rows, open, wantRows, wantOpen)
		}
		if slices.ContainsFunc(chunks, hit) && !padding(log, chunks, i) && len(r.notes) == 0 {
			t.Fatalf("byte %d: damage was not noted", i)
		}
		b[i] ^= 0x10
	}
}

func padding(log []byte, chunks []written, i int64) bool {
	for _, c := range chunks {
		n := int64(binary.LittleEndian.Uint32(log[c.from+4:]))
		if c.from+chunkHeader+n <= i && i < c.to {
			return true
		}
	}
	return false
}

func TestChunkOfAnotherPlaceIsNotBelieved(t *testing.T) {
	log, _ := writeLog(t)
	dir := t.TempDir()
	// The same bytes eight further, and in another segment.
	if rows, open, _ := replayBytes(t, dir, append(make([]byte, 8), log...)); len(rows)+len(open) != 0 {
		t.Errorf("shifted: %v %v", rows, open)
	}
	if err := os.WriteFile(segmentPath(dir, 2), log, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newReplay(dir, loc{}, func(w row) error { t.Errorf("record %s", w.record.ID); return nil })
	if err := r.segment(2); err != nil || len(r.open) != 0 {
		t.Errorf("%v %v", err, r.open)
	}
}

// copyLog makes a data folder with the log that a killed server leaves.
func copyLog(t *testing.T, from *Local) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(logDir(dir), os.DirFS(from.j.dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpenCutsTheTornTailAndGoesOnBehindIt(t *testing.T) {
	a, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
	for i := range 5 { // a chunk each
		finishAll(t, a, i, i+1)
	}
	dir := copyLog(t, a)
	path := segmentPath(logDir(dir), a.j.cur.num)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := a.j.end().off
	for i := end - 40; i < end+500; i++ { // the last record is torn, and noise follows
		b[i] = byte(i)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, rec := openTest(t, dir, Options{})
	if rec.Replayed != 4 || len(rec.Notes) != 1 || !strings.Contains(rec.Notes[0], "cut off") {
		t.Fatalf("%+v", rec)
	}
	finishAll(t, s, 10, 20)
	s.Close()
	s, rec = openTest(t, dir, Options{})
	if rec.Replayed != 0 || len(rec.Notes) != 0 {
		t.Fatalf("%+v", rec)
	}
	p, err := s.List(Filter{}, Cursor{}, 100)
	if err != nil || len(p.Records) != 14 {
		t.Fatal(err, len(p.Records))
	}
}

func TestReplayIntoALostIndexOverManySegments(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{SegmentSize: 8 << 10, PerCall: 512})
	if err := s.Begin(testStart(5000)); err != nil {
		t.Fatal(err)
	}
	more := []call.Event{{Seq: 3, At: t0.Add(2 * time.Hour), Kind: call.EvBridged, Leg: 2}}
	if err := s.Append(testID(5000), more); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 200; i += 10 {
		finishAll(t, s, i, i+10)
	}
	s.Close()
	nums, err := segments(logDir(dir))
	if err != nil || len(nums) < 10 {
		t.Fatal(err, nums)
	}
	for _, f := range []string{"onhook.db", "onhook.db-wal", "onhook.db-shm"} {
		if err := os.Remove(filepath.Join(dir, f)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	s, rec := openTest(t, dir, Options{SegmentSize: 8 << 10, PerCall: 512})
	if rec.Replayed != 200 || len(rec.Open) != 1 || len(rec.Open[0].Events) != 3 || len(rec.Notes) != 0 {
		t.Fatalf("%d records, open %+v, notes %v", rec.Replayed, rec.Open, rec.Notes)
	}
	s.Close()
	// With the index, the carried start is enough: older segments may go.
	_, rec = openTest(t, dir, Options{SegmentSize: 8 << 10, PerCall: 512})
	if rec.Replayed != 0 || len(rec.Open) != 1 || len(rec.Open[0].Events) != 3 {
		t.Fatalf("%+v", rec)
	}
}

func TestLastSignOfLifeIsCarriedWithTheCall(t *testing.T) {
	dir := t.TempDir()
	opt := Options{SegmentSize: 8 << 10, PerCall: 512}
	s, _ := openTest(t, dir, opt)
	if err := s.Begin(testStart(5000)); err != nil {
		t.Fatal(err)
	}
	alive := testStart(5000).StartedAt.Add(time.Minute)
	if err := s.Heartbeat(alive); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, _ = openTest(t, dir, opt) // not closed by this server either
	if err := s.Begin(testStart(5001)); err != nil {
		t.Fatal(err)
	}
	later := alive.Add(time.Hour)
	if err := s.Heartbeat(later); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 100; i += 10 {
		finishAll(t, s, i, i+10)
	}
	s.x.flush()
	s.j.mu.Lock()
	carried := s.j.open[testID(5000)].start.seg
	s.j.mu.Unlock()
	if carried < 3 {
		t.Fatalf("the start stands in segment %d: it was not carried", carried)
	}
	s.Close()
	_, rec := openTest(t, dir, opt)
	if len(rec.Open) != 2 || !rec.Open[0].Alive.Equal(alive) || rec.Open[0].Restarts != 1 || !rec.Open[1].Alive.Equal(later) || rec.Open[1].Restarts != 0 {
		t.Fatalf("%+v", rec.Open)
	}
}

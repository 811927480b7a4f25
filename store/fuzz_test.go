package store

import (
	"bytes"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/call"
)

func TestEventsRoundTrip(t *testing.T) {
	for _, events := range [][]call.Event{
		{},
		testEvents(3),
		benchCall(1),
		{{}},
		{{Seq: 9, At: time.Date(1601, 1, 1, 0, 0, 0, 7, time.UTC)}, {Seq: 4, At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), N: -5, Code: -1}},
	} {
		got, err := parseEvents(string(appendEvents(nil, events)))
		if d := cmp.Diff(events, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
}

// TestEventsKeepEveryField sets each field of Event by reflection, so that one
// that is added later cannot be forgotten here.
func TestEventsKeepEveryField(t *testing.T) {
	var e call.Event
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(t0))
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int:
			f.SetInt(int64(i) + 2)
		default:
			f.SetUint(uint64(i) + 2)
		}
		got, err := parseEvents(string(appendEvents(nil, []call.Event{e})))
		if err != nil || !reflect.DeepEqual(got[0], e) {
			t.Errorf("%s: %v %+v", v.Type().Field(i).Name, err, got)
		}
	}
}

func TestDamagedEventsAreAnError(t *testing.T) {
	b := appendEvents(nil, testEvents(1))
	for cut := range len(b) {
		if _, err := parseEvents(string(b[:cut])); err == nil {
			t.Errorf("cut at %d: no error", cut)
		}
	}
	if _, err := parseEvents(string(append(b, 0))); err == nil {
		t.Error("a byte too many: no error")
	}
	if _, err := parseEvents("\x02\x00"); err == nil {
		t.Error("version 2: no error")
	}
	if _, err := parseEvents("\x01\xff\xff\xff\xff\x0f"); err == nil {
		t.Error("four thousand million events in no bytes: no error")
	}
}

func TestPackRoundTrip(t *testing.T) {
	for _, how := range []byte{packedEvents, packedRecord, packedGroup} {
		for _, src := range []string{"", "a", testInvite, recordDictText} {
			got, err := unpack(pack([]byte("x"), how, []byte(src))[1:])
			if err != nil || string(got) != src {
				t.Errorf("form %d of %q: %v %q", how, src, err, got)
			}
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(appendEvents(nil, testEvents(1)))
	f.Add(appendEvents(nil, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := parseEvents(string(b))
		if err != nil {
			return
		}
		again, err := parseEvents(string(appendEvents(nil, events)))
		if err != nil || !reflect.DeepEqual(events, again) {
			t.Errorf("%v\n%+v\n%+v", err, events, again)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(nil, packedEvents, []byte(testInvite)))
	f.Add(pack(nil, packedRecord, []byte(recordDictText)))
	f.Add([]byte{packedRaw, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := unpack(b)
		if err == nil && len(out) > maxUnpacked {
			t.Errorf("%d bytes of %d", len(out), len(b))
		}
	})
}

// finishes are n calls on their way to the log.
func finishes(n int) []finish {
	var out []finish
	for i := range n {
		r := testRecord(i)
		out = append(out, finish{record: &r, events: testEvents(i), size: 2048})
	}
	return out
}

// FuzzReplay reads arbitrary segments. To get behind the CRC, the input is also
// taken as the body of a chunk of each kind.
func FuzzReplay(f *testing.F) {
	s := testStart(1)
	f.Add(byte(kindStart), appendStart(nil, &s))
	f.Add(byte(kindCarried), appendCarried(nil, true, 2, t0, appendStart(nil, &s)))
	f.Add(byte(kindAppend), appendEvents(appendText(nil, s.ID), testEvents(1)))
	f.Add(byte(kindAlive), appendTime(nil, t0))
	w := writer{batch: finishes(1)}
	w.encode()
	f.Add(byte(kindFinish), bytes.Clone(w.chunks[chunkHeader:]))
	w.batch = finishes(3)
	w.encode()
	f.Add(byte(kindGroup), bytes.Clone(w.chunks[chunkHeader:]))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		first := closeChunk(appendStart(openChunk(nil, kindStart), &s), 0)
		placeChunk(first, loc{1, 0})
		at := len(first)
		b := closeChunk(append(openChunk(first, kind), body...), at)
		placeChunk(b[at:], loc{1, int64(at)})
		b = append(b, body...)
		dir := t.TempDir()
		if err := os.WriteFile(segmentPath(dir, 1), b, 0o600); err != nil {
			t.Fatal(err)
		}
		r := newReplay(dir, loc{}, func(w row) error {
			evidenceAt(dir, w.at, w.record.ID)
			return nil
		})
		if err := r.run([]uint64{1}); err != nil {
			t.Fatal(err)
		}
		if len(r.calls())+r.rows == 0 && kind != kindFinish {
			t.Error("the start in front was lost")
		}
	})
}

package store

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onhook/outcome"
)

// anyRecord draws a record of which each field may have any value.
func anyRecord(t *rapid.T) outcome.Record {
	var r outcome.Record
	fillAny(t, reflect.ValueOf(&r).Elem())
	return r
}

func fillAny(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		sec := rapid.Int64Range(0, 4e9).Draw(t, "s")
		at := time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		if zone := rapid.SampledFrom([]int{0, 0, 3600, -5 * 3600, 20700}).Draw(t, "zone"); zone != 0 {
			at = at.In(time.FixedZone("", zone))
		}
		v.Set(reflect.ValueOf(at))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillAny(t, v.Field(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillAny(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "n"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fillAny(t, v.Index(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom(words[:]), rapid.String(), rapid.StringN(49, 60, -1)).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "yes"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint32:
		v.SetUint(uint64(rapid.Uint32().Draw(t, "uint")))
	default:
		t.Fatalf("record has a field of kind %v: teach the codec and this test", v.Kind())
	}
}

// TestRecordRoundTrip holds that a record has the same JSON after it was stored,
// whatever is in its fields; fields that are added later are drawn, too.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		want, err := json.Marshal(&r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := unpackRecord(appendRecord([]byte{plainRecord}, &r))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(&back)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Error(d)
		}
	})
}

func TestRecordOfOlderProgramsIsRead(t *testing.T) {
	want := testRecord(3)
	text, err := json.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := unpackRecord(pack(nil, packedRecord, text))
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestDamagedRecordIsAnError(t *testing.T) {
	r := testRecord(1)
	b := appendRecord(nil, &r)
	for cut := range len(b) {
		if _, err := parseRecord(string(b[:cut])); err == nil {
			t.Errorf("cut at %d: no error", cut)
		}
	}
	if _, err := parseRecord(string(b) + "x"); err == nil {
		t.Error("a byte too many: no error")
	}
	if _, err := parseRecord("\x02" + string(b[1:])); err == nil {
		t.Error("version 2: no error")
	}
}

func TestWordsAreDistinctAndShort(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range words {
		if seen[w] || w == "" || len(w) > longestWord {
			t.Errorf("%q is twice there, empty or too long", w)
		}
		seen[w] = true
	}
}

func FuzzRecord(f *testing.F) {
	r := testRecord(1)
	f.Add(appendRecord(nil, &r))
	f.Add([]byte{recordVersion})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(string(b))
		if err != nil {
			return
		}
		again, err := parseRecord(string(appendRecord(nil, &r)))
		if d := cmp.Diff(r, again); err != nil || d != "" {
			t.Error(err, d)
		}
	})
}

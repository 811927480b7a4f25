package app

import (
	"testing"
	"time"
)

func testMenu() *Menu {
	lib := NewLibrary("", "")
	sub := &Menu{Name: "sub", Library: lib, Ask: []string{"invalid"}, Keys: map[string]Choice{"1": {To: "user:102", Set: true}}}
	main := &Menu{
		Name: "main", Library: lib, Greeting: []string{"welcome"}, Ask: []string{"invalid"}, Goodbye: []string{"goodbye"}, Invalid: []string{"invalid"},
		Tries: 2, Direct: []string{"104", "105"},
		Keys: map[string]Choice{
			"1": {To: "user:101", Set: true}, "2": {Announce: []string{"goodbye"}, Set: true}, "3": {To: "menu:sub", Set: true},
			"4": {Repeat: true, Set: true}, "77": {To: "queue:support", Set: true}, "9": {To: "menu:nowhere", Set: true},
		},
	}
	main.Menus = func(name string) *Menu {
		return map[string]*Menu{"sub": sub, "main": main}[name]
	}
	sub.Menus = main.Menus
	return main
}

func TestMenu(t *testing.T) {
	const begins = "stage menu / answer / node main / "
	for _, tt := range []struct {
		name    string
		presses []string
		want    string
	}{
		{"a key", []string{"1", ""}, begins + "node main 1 / transfer user:101"},
		{"a leaf", []string{"2"}, begins + "leaf main 2 / hangup End_In_IVR"},
		{"a submenu", []string{"3", "1"}, begins + "node main 3 / node sub / node sub 1 / transfer user:102"},
		{"two keys", []string{"77"}, begins + "node main 77 / transfer queue:support"},
		{"an extension", []string{"104"}, begins + "node main 104 / transfer user:104"},
		{"no such extension", []string{"109", "2"}, begins + "leaf main 2 / hangup End_In_IVR"},
		{"again, then a key", []string{"4", "2"}, begins + "leaf main 2 / hangup End_In_IVR"},
		{"wrong, then right", []string{"8", "2"}, begins + "leaf main 2 / hangup End_In_IVR"},
		{"nothing twice", []string{"", ""}, begins + "leaf main no choice / hangup End_In_IVR"},
		{"wrong twice", []string{"8", "8"}, begins + "leaf main no choice / hangup End_In_IVR"},
		{"hung up", nil, begins[:len(begins)-3]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(tt.presses...)
			err := testMenu().Run(f)
			if got := f.text(); got != tt.want {
				t.Errorf("got  %s\nwant %s (%v)", got, tt.want, err)
			}
		})
	}
}

func TestMenuThatLeadsNowhereSaysSo(t *testing.T) {
	if err := testMenu().Run(newFake("9")); err == nil {
		t.Error("a menu that does not exist was entered")
	}
}

func TestMenuElse(t *testing.T) {
	m := testMenu()
	m.Else = "user:100"
	f := newFake("", "")
	if err := m.Run(f); err != nil || f.said[len(f.said)-1] != "transfer user:100" {
		t.Errorf("%v, %v", f.said, err)
	}
}

func TestMenuClosed(t *testing.T) {
	m := testMenu()
	m.Hours = func(at time.Time) bool { return at.Weekday() != time.Saturday }
	m.Now = func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) } // a Saturday
	f := newFake("1")
	if err := m.Run(f); err != nil || f.text() != "stage menu / answer / node main / leaf main closed / hangup End_In_IVR" {
		t.Errorf("%s, %v", f.text(), err)
	}
}

func TestMenuWithoutACommonCodec(t *testing.T) {
	f := newFake("1")
	f.answer = ErrNoMedia
	if err := testMenu().Run(f); err != nil || f.text() != "stage menu / answer / hangup INCOMPATIBLE_DESTINATION" {
		t.Errorf("%s, %v", f.text(), err)
	}
}

func TestLibrary(t *testing.T) {
	l := NewLibrary("", "")
	for _, name := range BuiltIn() {
		if _, err := l.Prompt(name); err != nil {
			t.Error(err)
		}
	}
	for words, n := range map[string]int{"say:1*#": 3, "number:0": 1, "number:21": 2, "number:300": 2, "number:119": 3, "number:12345": 5} {
		src, err := l.Prompts(words)
		if err != nil || len(src) != n {
			t.Errorf("%s: %d sounds, %v, want %d", words, len(src), err, n)
		}
	}
	for _, bad := range []string{"", "../etc/passwd", "nothing-of-the-kind"} {
		if _, err := l.Prompt(bad); err == nil {
			t.Errorf("%q was found", bad)
		}
	}
}

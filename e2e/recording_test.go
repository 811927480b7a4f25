package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
	"onhook/sip"
)

// noticeHertz is what the parties of a call hear that is recorded.
const noticeHertz = 1500

// newRecordings is an office with keys of its users for recording, and a notice that can be told by its frequency.
func newRecordings(t *testing.T, keys map[string]string, route, more string) *office {
	t.Helper()
	sounds := t.TempDir()
	for _, name := range []string{"recorded", "recording-on", "recording-off"} {
		f, err := os.Create(filepath.Join(sounds, name+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		if err := media.WriteWAV(f, media.Audio{Channels: 1, Samples: media.Tone(8000, 8000, noticeHertz)}, media.WAVUlaw); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return newOfficeOf(t, keys, route, "prompts: {folder: \""+sounds+"\"}\n"+more)
}

// taped reads the recording of a call from the API: the caller's side and the other one's.
func (o *office) taped(id string) (left, right []int16) {
	o.t.Helper()
	a, err := media.ReadWAV(strings.NewReader(o.api().read(200, "GET", "/v1/calls/"+id+"/recording")), 100*8000)
	if err != nil || a.Channels != 2 {
		o.t.Fatalf("recording: %v, %d channels, want 2", err, a.Channels)
	}
	return sides(a)
}

// tapedVoices waits until the recording of a call that is up holds both voices.
func (o *office) tapedVoices(id string, caller, callee float64) {
	o.t.Helper()
	var x, y float64
	eventually(o.t, 20*time.Second, func() bool {
		left, right := o.taped(id)
		x, y = most(left, caller), most(right, callee)
		return x > 0.9 && y > 0.9
	}, func() string { return fmt.Sprintf("the recording holds the voices with shares of %.2f and %.2f", x, y) })
}

func sides(a media.Audio) (left, right []int16) {
	for i := 0; i+1 < len(a.Samples); i += 2 {
		left, right = append(left, a.Samples[i]), append(right, a.Samples[i+1])
	}
	return left, right
}

// voices connects 100, who sends 700 Hz, with 101, who sends 900 Hz, and waits until the caller hears that.
func (o *office) voices() (a, b *phone.Call) {
	o.t.Helper()
	a, b = o.connect("100", "101")
	o.tone(a, 700)
	o.tone(b, 900)
	o.hears(a, 900)
	return a, b
}

// live is the id of the only call that is up.
func (o *office) live() string {
	o.t.Helper()
	var list struct {
		Calls []struct{ ID string }
	}
	o.api().get("/v1/live", &list)
	if len(list.Calls) != 1 {
		o.t.Fatalf("%d calls are up, want 1", len(list.Calls))
	}
	return list.Calls[0].ID
}

// most is the greatest share that a frequency has of a stretch of 400 ms.
func most(pcm []int16, hertz float64) (share float64) {
	for ; len(pcm) >= 3200; pcm = pcm[1600:] {
		share = max(share, media.Goertzel(pcm[:3200], hertz))
	}
	return share
}

// holdsVoices checks the two sides of a recording.
func holdsVoices(t *testing.T, left, right []int16, caller, callee float64) {
	t.Helper()
	if x, y := most(left, caller), most(right, callee); x < 0.9 || y < 0.9 {
		t.Errorf("the caller's voice has %.2f of the left side at best, the other's %.2f of the right side", x, y)
	}
	if x, y := most(left, callee), most(right, caller); x > 0.1 || y > 0.1 {
		t.Errorf("the voices are on the other side, too: %.2f, %.2f", x, y)
	}
}

func hasNote(notes []string, begin string) bool {
	return slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, begin) })
}

func TestRecordingHoldsBothVoices(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"101": "record: always"}, "", "")
	a, b := o.connect("100", "101")
	o.tone(a, 700)
	o.tone(b, 900)
	o.hears(a, noticeHertz) // both are told
	o.hears(b, 700)         // and hear each other after that
	o.hears(a, 900)
	id := o.live()
	o.tapedVoices(id, 700, 900)
	o.hangsUp(a, b)
	r := o.record()
	if !hasNote(r.Notes, "recorded: always") || !hasNote(r.Notes, "recording of ") {
		t.Errorf("notes %q, want that it was recorded", r.Notes)
	}
	left, right := o.taped(r.ID)
	holdsVoices(t, left, right, 700, 900)
	if long := time.Duration(len(left)) * time.Second / 8000; long < time.Second {
		t.Errorf("the recording is %v long", long)
	}
}

func TestRecordingByCodeAndByCommand(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"101": "record: on_demand"}, "", "recording: {announce: \"\"}\n")
	a, b := o.voices()
	id := o.live()
	api := o.api()
	api.read(404, "GET", "/v1/calls/"+id+"/recording")
	o.must(a.Digits(o.ctx, "*1")) // it may not, but the call may be: 101 has a say
	o.hears(a, noticeHertz)
	eventually(t, 10*time.Second, func() bool {
		left, _ := o.taped(id)
		return most(left, 700) > 0.9
	}, func() string { return "the recording never held the caller's voice" })
	o.must(b.Digits(o.ctx, "*1"))
	o.hears(b, noticeHertz)
	o.hears(b, 700)
	// What is said now is left out.
	o.tone(a, 1800)
	o.hears(b, 1800)
	o.tone(a, 700)
	o.hears(b, 700)
	api.read(409, "POST", "/v1/calls/"+id+"/recording/stop")
	api.read(200, "POST", "/v1/calls/"+id+"/recording/start")
	api.read(200, "POST", "/v1/calls/"+id+"/recording/stop")
	o.hangsUp(b, a)
	r := o.record()
	left, right := o.taped(r.ID)
	holdsVoices(t, left, right, 700, 900)
	if x := most(left, 1800); x > 0.3 {
		t.Errorf("what was said while nothing was recorded is there: %.2f", x)
	}
	if !hasNote(r.Notes, "recorded: extension 100") {
		t.Errorf("notes %q", r.Notes)
	}
	api.read(404, "POST", "/v1/calls/"+id+"/recording/start")
}

// The code is understood in each of the three ways in which phones send keys: RFC 4733 is in the test above, these are INFO in two forms, and tones.
func TestRecordingByKeysOfOtherKinds(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"101": "record: on_demand"}, "", "recording: {announce: \"\"}\n")
	o.patient()
	o.must(o.phones["100"].Close())
	p, err := phone.New(phone.Options{User: "100", Password: "secret-of-100", Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}, Tones: true})
	o.must(err)
	t.Cleanup(func() { _ = p.Close() })
	o.phones["100"] = p
	o.must(p.Register(o.ctx))
	a, b := o.voices()
	o.hears(b, 700)
	id := o.live()
	for _, k := range []struct {
		press func()
		says  *phone.Call // whom the server tells
	}{
		{func() { o.must(a.Digits(o.ctx, "*1")) }, a},
		{func() {
			o.infoKeys(b, "application/dtmf-relay", "Signal=*\r\nDuration=100\r\n", "Signal=1\r\nDuration=100\r\n")
		}, b},
		{func() { o.infoKeys(a, "application/dtmf", "*", "1") }, a},
	} {
		k.press()
		o.hears(k.says, noticeHertz)
	}
	o.tapedVoices(id, 700, 900)
	o.hangsUp(b, a)
	r := o.record()
	left, right := o.taped(r.ID)
	holdsVoices(t, left, right, 700, 900)
	for _, want := range []string{"recorded: extension 100", "recording of "} {
		if !hasNote(r.Notes, want) {
			t.Errorf("notes %q, want %q", r.Notes, want)
		}
	}
	ladder := o.api().read(200, "GET", "/v1/calls/"+r.ID+"/ladder")
	for _, what := range []string{"recording started", "recording paused", "recording resumed"} {
		if strings.Count(ladder, what) != 1 {
			t.Errorf("%q is not once in\n%s", what, ladder)
		}
	}
}

// infoKeys sends keys by INFO, one a request; what the other phone answers to them does not matter.
func (o *office) infoKeys(c *phone.Call, kind string, bodies ...string) {
	o.t.Helper()
	for _, text := range bodies {
		m := &sip.Message{Method: sip.INFO, Body: text}
		m.Add(sip.HContentType, kind)
		if _, err := c.Send(o.ctx, m); err != nil {
			o.t.Fatal(err)
		}
	}
}

// Nobody of the call may record it.
func TestRecordingByOneWhoMayNot(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"102": "record: on_demand"}, "", "")
	a, b := o.connect("100", "101")
	o.must(a.Digits(o.ctx, "*1"))
	o.tone(b, 900)
	o.hears(a, 900)
	o.api().read(404, "GET", "/v1/calls/"+o.live()+"/recording")
	o.hangsUp(a, b)
	if r := o.record(); hasNote(r.Notes, "record") {
		t.Errorf("notes %q, want none of a recording", r.Notes)
	}
}

// After a transfer the new party is on the side of the one it stands for.
func TestRecordingGoesOnAfterATransfer(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"100": "record: always"}, "", "recording: {announce: \"\"}\n")
	a, b := o.voices()
	o.tapedVoices(o.live(), 700, 900)
	o.must(b.Transfer(o.ctx, "102"))
	c := o.answers("102")
	o.tone(c, 1100)
	o.hears(a, 1100)
	o.hears(c, 700)
	o.tapedVoices(o.live(), 700, 1100)
	o.hangsUp(a, c)
	left, right := o.taped(o.record().ID)
	holdsVoices(t, left, right, 700, 1100)
	if x := most(right, 900); x < 0.9 {
		t.Errorf("the first party's voice has %.2f of the right side at best", x)
	}
}

// A server that is killed leaves a recording that can be heard, and its record says that there is one.
func TestRecordingOutlivesAKill(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"100": "record: always"}, "", "recording: {announce: \"\"}\n")
	o.voices()
	id := o.live()
	open := filepath.Join(o.data, "store", "recordings", id+".open.wav")
	read := func(path string) (left, right []int16) {
		raw, err := os.ReadFile(path)
		o.must(err)
		sound, err := media.ReadWAV(bytes.NewReader(raw), 100*8000)
		o.must(err)
		return sides(sound)
	}
	eventually(t, 10*time.Second, func() bool {
		left, right := read(open)
		return most(left, 700) > 0.9 && most(right, 900) > 0.9
	}, func() string { return "the recording never held both voices" })
	o.must(o.cmd.Process.Kill())
	_ = o.cmd.Wait()
	left, right := read(open) // as it is
	holdsVoices(t, left, right, 700, 900)
	o.run()
	left, right = read(filepath.Join(o.data, "store", "recordings", id+".wav"))
	holdsVoices(t, left, right, 700, 900)
	r := o.record()
	expected{"Call Ended", "Terminated_From_Server", "platform", "party", "recovered", 901, 200}.check(t, r)
	if !hasNote(r.Notes, "recorded: always") {
		t.Errorf("notes %q, want that it was recorded", r.Notes)
	}
}

// A disk of recordings that is full: the call goes on, and its record says that the recording is incomplete.
func TestRecordingOnAFullDisk(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "small")
	smallDisk(t, folder, "size=256k")
	o := newRecordings(t, map[string]string{"100": "record: always"}, "", "recording: {announce: \"\", folder: \""+folder+"\"}\n")
	a, b := o.voices()
	id := o.live()
	eventually(t, 20*time.Second, func() bool {
		i, err := os.Stat(filepath.Join(folder, id+".open.wav"))
		return err == nil && i.Size() > 60_000
	}, func() string { return "nothing was recorded" })
	fill(t, filepath.Join(folder, "filler"))
	eventually(t, 20*time.Second, func() bool { return strings.Contains(o.log.String(), "recording is incomplete") }, func() string { return "the full disk was not noticed" })
	o.hears(b, 700) // they still talk
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if !hasNote(r.Notes, "the recording is incomplete: ") || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, syscall.ENOSPC.Error()) }) {
		t.Errorf("notes %q, want that it is incomplete and why", r.Notes)
	}
	left, right := o.taped(id)
	holdsVoices(t, left, right, 700, 900)
	// A call that finds no room at all is put through all the same.
	fill(t, filepath.Join(folder, "filler"))
	a, b = o.connect("100", "101")
	o.tone(b, 900)
	o.hears(a, 900)
	o.hangsUp(b, a)
	if r := o.records(2)[0]; !hasNote(r.Notes, "the recording is incomplete: ") && !hasNote(r.Notes, "not recorded: ") {
		t.Errorf("notes %q", r.Notes)
	}
}

// baresip's two phones, with their own RTP stacks.
func TestRecordingOfForeignPhones(t *testing.T) {
	t.Parallel()
	o := newRecordings(t, map[string]string{"100": "record: always"}, "", "recording: {announce: \"\"}\n")
	o.must(o.phones["101"].Close())
	o.must(o.phones["100"].Close())
	runBaresip(t, o.server, "101", "secret-of-101", 900, "").says("200 OK")
	p := runBaresip(t, o.server, "100", "secret-of-100", 700, "sip:101@example.com")
	p.says("Call established")
	id := ""
	eventually(t, 20*time.Second, func() bool { id = o.live(); return id != "" }, func() string { return "no call" })
	o.tapedVoices(id, 700, 900)
	o.api().read(200, "POST", "/v1/calls/"+id+"/hangup")
	left, right := o.taped(o.record().ID)
	holdsVoices(t, left, right, 700, 900)
}

// A phone without telephone-event presses keys as tones: the third of the three ways.
func TestMenuByTones(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	p, err := phone.New(phone.Options{User: "104", Password: "secret-of-104", Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Tones: true})
	o.must(err)
	t.Cleanup(func() { _ = p.Close() })
	a, err := p.Call(o.ctx, "700")
	o.must(err)
	o.must(a.WaitAnswered(o.ctx))
	o.must(a.Digits(o.ctx, "31")) // while prompts play: the submenu, and in it an extension
	b := o.answers("102")
	o.must(b.Hangup(o.ctx))
	if _, err := a.WaitEnded(o.ctx); err != nil && !errors.Is(err, phone.ErrEnded) {
		t.Fatal(err)
	}
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

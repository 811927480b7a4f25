package api

import (
	"bytes"
	"strings"
	"testing"

	"onhook/config"
	"onhook/media"
)

func TestAMessageIsListedHeardAndDeleted(t *testing.T) {
	s, keys := newSite(t)
	read, write := keys[config.VoicemailRead], keys[config.VoicemailWrite]
	var told []string
	s.voice.OnChange(func(box string) { told = append(told, box) })
	list := decode[VoiceMessages](t, s.ask("GET", "/v1/voicemail/100/messages", read, ""))
	if len(list.Messages) != 1 || list.Messages[0].Caller != "101" || list.Messages[0].Heard {
		t.Fatalf("%+v", list)
	}
	path := "/v1/voicemail/100/messages/" + list.Messages[0].ID
	sound := s.ask("GET", path+"/audio", read, "")
	if a, err := media.ReadWAV(strings.NewReader(sound.body), 9000); err != nil || len(a.Samples) != 8000 || sound.header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%d %v %d bytes: %v", sound.status, sound.header, len(sound.body), err)
	}
	part := s.ask("GET", path+"/audio", read, "", "Range: bytes=4-11")
	if part.status != 206 || part.body != sound.body[4:12] {
		t.Errorf("a range: %d %q", part.status, part.body)
	}
	if m := decode[VoiceMessage](t, s.ask("PATCH", path, write, `{"heard":true}`)); !m.Heard {
		t.Errorf("%+v", m)
	}
	boxes := decode[MailboxList](t, s.ask("GET", "/v1/voicemail", read, ""))
	if len(boxes.Mailboxes) != 1 || boxes.Mailboxes[0] != (Mailbox{"100", 0, 1}) {
		t.Errorf("%+v", boxes)
	}
	if m := decode[VoiceMessage](t, s.ask("PATCH", path, write, `{"heard":false}`)); m.Heard {
		t.Errorf("%+v", m)
	}
	if r := s.ask("DELETE", path, write, ""); r.status != 204 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if p := s.problem(s.ask("GET", path+"/audio", read, "")); p.Code != "message_not_found" {
		t.Errorf("%+v", p)
	}
	if len(told) != 3 {
		t.Errorf("phones were told %q", told)
	}
}

func TestAGreetingOfOnesOwn(t *testing.T) {
	s, keys := newSite(t)
	write := keys[config.VoicemailWrite]
	var wav bytes.Buffer
	if err := media.WriteWAV(&wav, media.Audio{Channels: 1, Samples: media.Tone(80_000, 8000, 440)}, media.WAVPCM); err != nil {
		t.Fatal(err)
	}
	if wav.Len() < maxBody {
		t.Fatal("the greeting is to be longer than other bodies may be")
	}
	wavType := "Content-Type: audio/wav"
	if r := s.ask("PUT", "/v1/voicemail/100/greeting", write, wav.String(), wavType); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := s.ask("GET", "/v1/voicemail/100/greeting", keys[config.VoicemailRead], ""); r.status != 200 || len(r.body) != wav.Len() {
		t.Errorf("%d, %d bytes", r.status, len(r.body))
	}
	if p := s.problem(s.ask("PUT", "/v1/voicemail/100/greeting", write, strings.Repeat("x", maxSound+1), wavType)); p.Code != "too_large" {
		t.Errorf("%+v", p)
	}
	if r := s.ask("DELETE", "/v1/voicemail/100/greeting", write, ""); r.status != 204 {
		t.Errorf("%d", r.status)
	}
	if p := s.problem(s.ask("GET", "/v1/voicemail/100/greeting", keys[config.VoicemailRead], "")); p.Code != "message_not_found" {
		t.Errorf("%+v", p)
	}
}

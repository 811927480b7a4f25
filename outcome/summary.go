package outcome

import (
	"strconv"
	"strings"
)

// summary says in one or two plain sentences what happened, who ended it, what
// proves it and what to do next.
func (s *scan) summary(d *decision, r *Record) string {
	b := make([]byte, 0, 512)
	b = append(b, d.status.String()...)
	switch {
	case d.status != CallEnded || d.answered != AnsweredParty || d.reason == NormalClearing || d.reason == Unspecified:
	case d.stage == StageRouting || d.stage == StageRinging:
		b = append(b, ", after a transfer that reached nobody"...)
	default:
		b = append(b, ", after the parties were connected"...)
	}
	b = append(b, ": "...)
	p := s.plain(d, r)
	at := len(b)
	if b = append(b, p.what...); lowers(p.what) {
		b[at] |= 0x20
	}
	if words := d.detailWords(); words != "" {
		b = append(append(append(b, " ("...), words...), ')')
	}
	if !p.who {
		b = appendWho(b, d.by)
	}
	b = append(b, ". Proof: "...)
	b = append(b, lowerFirst(d.because)...)
	b = d.appendEvent(b)
	b = append(b, "; "...)
	switch {
	case strings.HasPrefix(p.remedy, "Nothing"), strings.HasPrefix(p.remedy, "The "):
	default:
		b = append(b, "next: "...)
	}
	b = append(b, lowerFirst(p.remedy)...)
	return string(b)
}

// appendEvent names the event that decided.
func (d *decision) appendEvent(b []byte) []byte {
	if d.at.seq == 0 {
		return b
	}
	b = append(b, " (event "...)
	b = strconv.AppendUint(b, uint64(d.at.seq), 10)
	if d.at.leg != 0 {
		b = append(b, ", leg "...)
		b = strconv.AppendUint(b, uint64(d.at.leg), 10)
	}
	return append(b, ')')
}

// saysWho tells whether the definition names who ended the call already.
func saysWho(definition string, by EndedBy) bool {
	return by == ByCaller && strings.HasPrefix(definition, "The caller ") || by == ByPlatform && strings.HasPrefix(definition, "The server ")
}

func appendWho(b []byte, by EndedBy) []byte {
	switch by {
	case ByCaller:
		return append(b, "; the caller ended it"...)
	case ByCallee:
		return append(b, "; the called side ended it"...)
	case ByPlatform:
		return append(b, "; the server ended it"...)
	case ByNetwork:
		return append(b, "; the network ended it"...)
	}
	return append(b, "; who ended it is not known"...)
}

// detailWords says what a detail adds; empty where the proof says it already.
// A word that is not known is said as it stands, with spaces.
func (d *decision) detailWords() string {
	if _, said := finer[finerKey{d.reason, d.detail}]; said {
		return ""
	}
	switch d.detail {
	case "", "no_ack", "no_prack", "session_timer", "media_timeout", "in_dialog_timeout", "in_dialog_481", "timer_b", "only_100", "overload", "transport", "expires", "recovered", "max_duration":
		return ""
	case "queue_timeout":
		return "the time in the queue was over"
	case "shutdown":
		return "the server was being stopped"
	case "full":
		return "the mailbox is full"
	case "not_stored":
		return "a message could not be stored"
	}
	return strings.ReplaceAll(d.detail, "_", " ")
}

// lowerFirst makes a sentence the continuation of another, names such as SIP excepted.
func lowerFirst(s string) string {
	if !lowers(s) {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// lowers tells whether a text begins with a word that is only great because it
// stands first.
func lowers[T string | []byte](s T) bool {
	return len(s) >= 2 && 'A' <= s[0] && s[0] <= 'Z' && (s[1] == ' ' || 'a' <= s[1] && s[1] <= 'z')
}

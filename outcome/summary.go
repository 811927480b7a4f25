package outcome

import (
	"strconv"
	"strings"
)

// summary says in one or two plain sentences what happened, who ended it, what
// proves it and what to do next.
func (s *scan) summary(d *decision) string {
	b := make([]byte, 0, 512)
	w := &words[d.reason]
	b = append(b, d.status.String()...)
	if d.status == CallEnded && d.answered == AnsweredParty && d.reason != NormalClearing {
		b = append(b, ", after the parties were connected"...)
	}
	b = append(b, ": "...)
	definition := w.Definition
	if d.reason == NormalClearing {
		definition = talked(d.by, definition)
	}
	b = append(b, lowerFirst(strings.TrimSuffix(definition, "."))...)
	if words := detailWords(d.detail); words != "" {
		b = append(append(append(b, " ("...), words...), ')')
	}
	if definition == w.Definition && !saysWho(definition, d.by) {
		b = appendWho(b, d.by)
	}
	b = append(b, ". Proof: "...)
	b = append(b, lowerFirst(d.because)...)
	b = d.appendEvent(b)
	b = append(b, "; "...)
	switch {
	case strings.HasPrefix(w.Remedy, "Nothing"), strings.HasPrefix(w.Remedy, "The "):
	default:
		b = append(b, "next: "...)
	}
	b = append(b, lowerFirst(w.Remedy)...)
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

// talked says who of the two parties hung up, where that is known.
func talked(by EndedBy, otherwise string) string {
	switch by {
	case ByCaller:
		return "The two parties talked, and the caller hung up."
	case ByCallee:
		return "The two parties talked, and the called side hung up."
	}
	return otherwise
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
func detailWords(detail string) string {
	switch detail {
	case "", "no_ack", "no_prack", "session_timer", "media_timeout", "in_dialog_timeout", "in_dialog_481", "timer_b", "only_100", "transport", "expires", "recovered", "max_duration":
		return ""
	case "dnd":
		return "do not disturb is on"
	case "call_limit":
		return "its call limit is reached"
	case "queue_timeout":
		return "the time in the queue was over"
	case "shutdown":
		return "the server was being stopped"
	case "full":
		return "the mailbox is full"
	case "not_stored":
		return "a message could not be stored"
	}
	return strings.ReplaceAll(detail, "_", " ")
}

// lowerFirst makes a sentence the continuation of another, names such as SIP excepted.
func lowerFirst(s string) string {
	if len(s) < 2 || s[0] < 'A' || s[0] > 'Z' || s[1] != ' ' && (s[1] < 'a' || s[1] > 'z') {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

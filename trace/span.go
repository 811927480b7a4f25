package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"onhook/outcome"
)

// Kinds of spans and codes of statuses, as OTLP numbers them.
const (
	internal = 1
	server   = 2
	client   = 3

	statusError = 2
)

// A span is one of OTLP's, in its JSON form: ids in hexadecimal digits, 64-bit
// numbers as text.
type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Parent     string      `json:"parentSpanId,omitempty"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      string      `json:"startTimeUnixNano"`
	End        string      `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes,omitempty"`
	Status     *status     `json:"status,omitempty"`
}

type status struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

type value struct {
	Text   *string `json:"stringValue,omitempty"`
	Number *string `json:"intValue,omitempty"`
}

func text(key, v string) attribute { return attribute{key, value{Text: &v}} }

func number(key string, v int64) attribute {
	s := strconv.FormatInt(v, 10)
	return attribute{key, value{Number: &s}}
}

// traceID is the UUID of a call's id, or a hash of an id that has none.
func traceID(call string) string {
	digits := strings.ReplaceAll(strings.TrimPrefix(call, "call_"), "-", "")
	if raw, err := hex.DecodeString(digits); err == nil && len(raw) == 16 {
		return digits
	}
	sum := sha256.Sum256([]byte(call))
	return hex.EncodeToString(sum[:16])
}

// spanID is the same for the same part of the same call: what is sent twice is one.
func spanID(call, part string) string {
	sum := sha256.Sum256([]byte(call + "/" + part))
	return hex.EncodeToString(sum[:8])
}

func nano(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// failures are the statuses that a trace shows as errors: nobody's wish ended the call.
func failure(name string) bool { return name == "Call Failed" || name == "Unreachable" }

// spansOf makes the spans of a call: one for all of it, one for each leg and
// stage. numbers says whether it tells who called whom.
func spansOf(r *outcome.Record, numbers bool) []span {
	id, root := traceID(r.ID), spanID(r.ID, "call")
	all := []span{{
		TraceID: id, SpanID: root, Name: "call " + r.Direction, Kind: server, Start: nano(r.StartedAt), End: nano(r.EndedAt),
		Attributes: attributesOf(r, numbers),
	}}
	if failure(r.Status) {
		all[0].Status = &status{statusError, r.ByeReason}
	}
	for i := range r.Legs {
		l := &r.Legs[i]
		part := "leg " + strconv.Itoa(l.ID)
		s := span{TraceID: id, SpanID: spanID(r.ID, part), Parent: root, Name: "leg " + l.Direction + " " + l.Peer, Kind: server, Start: nano(l.StartedAt), End: nano(r.EndedAt)}
		if l.Direction == "out" {
			s.Kind = client
		}
		if l.EndedAt != nil {
			s.End = nano(*l.EndedAt)
		}
		s.Attributes = []attribute{number("onhook.leg", int64(l.ID)), text("sip.call_id", l.SIPCallID), text("onhook.bye_reason", l.Reason)}
		if l.FinalCode != 0 {
			s.Attributes = append(s.Attributes, number("sip.response_code", int64(l.FinalCode)))
		}
		if numbers {
			s.Attributes = append(s.Attributes, text("onhook.target", l.Target), text("network.peer.address", l.Address))
		}
		all = append(all, s)
	}
	for i := range r.Segments {
		g := &r.Segments[i]
		all = append(all, span{
			TraceID: id, SpanID: spanID(r.ID, "segment "+strconv.Itoa(i)), Parent: root, Name: g.Stage, Kind: internal,
			Start: nano(g.StartedAt), End: nano(g.EndedAt), Attributes: []attribute{text("onhook.bye_reason", g.Reason)},
		})
	}
	return all
}

func attributesOf(r *outcome.Record, numbers bool) []attribute {
	a := []attribute{
		text("onhook.call.id", r.ID), text("onhook.status", r.Status), text("onhook.bye_reason", r.ByeReason), text("onhook.ended_by", r.EndedBy),
		text("onhook.answered", r.Answered), text("onhook.stage", r.Stage), text("onhook.direction", r.Direction), text("onhook.confidence", r.Confidence),
		number("onhook.talk_ms", r.TalkMS), number("onhook.ring_ms", r.RingMS), number("onhook.setup_ms", r.SetupMS),
	}
	for _, m := range []struct{ key, value string }{{"onhook.trunk", r.Trunk}, {"onhook.queue", r.Queue}, {"onhook.user", r.User}} {
		if m.value != "" {
			a = append(a, text(m.key, m.value))
		}
	}
	if r.LastResponseCode != 0 {
		a = append(a, number("sip.response_code", int64(r.LastResponseCode)))
	}
	if numbers {
		a = append(a, text("onhook.from", r.From.URI), text("onhook.to", r.To.URI), text("onhook.summary", r.Summary))
	}
	return a
}

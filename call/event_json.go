package call

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"
)

// EventsVersion is the version of the JSON form of events, as docs/events.md
// describes it. Readers refuse a higher one and tolerate unknown fields.
const EventsVersion = 1

var eventKindNames = [numEventKinds]string{
	EvLeg: "leg", EvReceived: "received", EvSent: "sent", EvRetransmitted: "retransmitted", EvTransportFailed: "transport_failed",
	EvTimer: "timer", EvIntent: "intent", EvCommand: "command", EvStage: "stage", EvApp: "app", EvMedia: "media", EvStored: "stored",
	EvBridged: "bridged", EvHold: "hold", EvLegEnded: "leg_ended", EvAlive: "alive", EvClock: "clock",
	EvHours: "hours",
}

// String returns the kind's name in the JSON form.
func (k EventKind) String() string {
	if k < numEventKinds {
		return eventKindNames[k]
	}
	return ""
}

// ParseEventKind returns the kind of that name.
func ParseEventKind(name string) (EventKind, bool) {
	for k, n := range eventKindNames {
		if n == name && name != "" {
			return EventKind(k), true
		}
	}
	return EvNone, false
}

var peerNames = [...]string{PeerUnknown: "unknown", PeerPhone: "phone", PeerTrunk: "trunk", PeerURI: "uri", PeerPlatform: "platform"}

// String returns the peer's name, as records have it.
func (p Peer) String() string {
	if int(p) < len(peerNames) {
		return peerNames[p]
	}
	return peerNames[PeerUnknown]
}

// ParsePeer returns the peer of that name.
func ParsePeer(name string) (Peer, bool) {
	for p, n := range peerNames {
		if n == name {
			return Peer(p), true
		}
	}
	return PeerUnknown, false
}

// jsonEvent is the JSON form: what is zero is left out.
type jsonEvent struct {
	Seq      uint32    `json:"seq"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	Leg      LegID     `json:"leg,omitempty"`
	Peer     string    `json:"peer,omitempty"`
	Out      bool      `json:"out,omitempty"`
	Attempt  uint16    `json:"attempt,omitempty"`
	Set      uint16    `json:"set,omitempty"`
	Of       uint32    `json:"of,omitempty"`
	N        int       `json:"n,omitempty"`
	Code     int       `json:"code,omitempty"`
	Name     string    `json:"name,omitempty"`
	Cause    string    `json:"cause,omitempty"`
	By       string    `json:"by,omitempty"`
	Text     string    `json:"text,omitempty"`
	Flow     string    `json:"flow,omitempty"`
	Msg      string    `json:"msg,omitempty"`
	MsgBytes []byte    `json:"msg_base64,omitempty"`
	Inferred bool      `json:"inferred,omitempty"`
}

// MarshalJSON prints the event as docs/events.md says. A message that is not
// UTF-8 goes into msg_base64 instead of msg.
func (e Event) MarshalJSON() ([]byte, error) {
	j := jsonEvent{
		Seq: e.Seq, At: e.At, Kind: e.Kind.String(), Leg: e.Leg, Out: e.Out, Attempt: e.Attempt, Set: e.Set, Of: e.Of, N: e.N, Code: e.Code,
		Name: e.Name, Cause: e.Cause, By: e.By, Text: e.Text, Flow: e.Flow, Msg: e.Msg, Inferred: e.Inferred,
	}
	if j.Kind == "" {
		return nil, errors.New("call: an event without a kind has no JSON form")
	}
	if e.Peer != PeerUnknown {
		j.Peer = e.Peer.String()
	}
	if !utf8.ValidString(e.Msg) {
		j.Msg, j.MsgBytes = "", []byte(e.Msg)
	}
	// Without the escapes for HTML, the angle brackets of SIP can be read.
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(j); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// UnmarshalJSON reads the event. A kind that is not known is an error, for what
// it says may decide; unknown fields are not.
func (e *Event) UnmarshalJSON(data []byte) error {
	var j jsonEvent
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	kind, ok := ParseEventKind(j.Kind)
	if !ok {
		return errors.New("call: event kind " + j.Kind + " is not known; a newer version may have written it")
	}
	peer := PeerUnknown
	if j.Peer != "" {
		if peer, ok = ParsePeer(j.Peer); !ok {
			return errors.New("call: peer " + j.Peer + " is not known; want unknown, phone, trunk, uri or platform")
		}
	}
	if j.MsgBytes != nil {
		j.Msg = string(j.MsgBytes)
	}
	*e = Event{
		Seq: j.Seq, At: j.At, Kind: kind, Leg: j.Leg, Peer: peer, Out: j.Out, Attempt: j.Attempt, Set: j.Set, Of: j.Of, N: j.N, Code: j.Code,
		Name: j.Name, Cause: j.Cause, By: j.By, Text: j.Text, Flow: j.Flow, Msg: j.Msg, Inferred: j.Inferred,
	}
	return nil
}

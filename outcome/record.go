package outcome

import "time"

// A Record is what is known of a call when it is over. Its JSON form is the
// record of the API, the command line and the store. Readers must tolerate
// unknown fields and unknown enum values.
type Record struct {
	ID               string     `json:"id" doc:"call_ and a UUIDv7"`
	Version          int        `json:"version" doc:"version of this form and of the rules"`
	StartedAt        time.Time  `json:"started_at" doc:"when the INVITE came"`
	RingingAt        *time.Time `json:"ringing_at,omitempty" doc:"first sign that the called party is alerted"`
	AnsweredAt       *time.Time `json:"answered_at,omitempty" doc:"when the 2xx went to the caller"`
	EndedAt          time.Time  `json:"ended_at"`
	DurationMS       int64      `json:"duration_ms" doc:"start to end"`
	SetupMS          int64      `json:"setup_ms" doc:"start to answer or, unanswered, to the end"`
	RingMS           int64      `json:"ring_ms" doc:"ringing to answer or end"`
	TalkMS           int64      `json:"talk_ms" doc:"two parties joined, hold included"`
	HoldMS           int64      `json:"hold_ms"`
	Direction        string     `json:"direction" doc:"internal, inbound, outbound"`
	From             Party      `json:"from"`
	To               Party      `json:"to"`
	Status           string     `json:"status"`
	LastResponseCode int        `json:"last_response_code,omitempty" doc:"0: none (N/A)"`
	SIPFinal         int        `json:"sip_final,omitempty" doc:"the final code on the wire to the caller; 0: none"`
	ByeReason        string     `json:"bye_reason"`
	Q850Cause        int        `json:"q850_cause,omitempty"`
	Detail           string     `json:"detail,omitempty"`
	EndedBy          string     `json:"ended_by"`
	Answered         string     `json:"answered" doc:"no, platform, party"`
	Stage            string     `json:"stage"`
	Confidence       string     `json:"confidence" doc:"certain, likely, guess"`
	Notes            []string   `json:"notes,omitempty"`
	Trunk            string     `json:"trunk,omitempty"`
	Queue            string     `json:"queue,omitempty"`
	User             string     `json:"user,omitempty" doc:"who authenticated"`
	Related          []Related  `json:"related,omitempty"`
	Summary          string     `json:"summary"`
	Evidence         []Evidence `json:"evidence"`
	Legs             []Leg      `json:"legs"`
	Segments         []Segment  `json:"segments"`
	Source           string     `json:"source" doc:"live, pcap, hep"`
}

// A Party is a caller or called party as the caller's INVITE named it.
type Party struct {
	URI    string `json:"uri"`
	Number string `json:"number,omitempty" doc:"the user part of the URI, escapes resolved"`
	Name   string `json:"name,omitempty"`
}

// Related is another call that belongs to this one, and how.
type Related struct {
	ID  string `json:"id"`
	How string `json:"how"`
}

// Evidence is one event that decided a field, and the rule that used it.
type Evidence struct {
	Field   string    `json:"field"`
	Leg     int       `json:"leg,omitempty"`
	Message uint32    `json:"message,omitempty" doc:"the event's number in the call"`
	At      time.Time `json:"at"`
	Rule    string    `json:"rule" doc:"section of the rules, such as 3.2"`
	Text    string    `json:"text"`
}

// A Leg is one INVITE of the call.
type Leg struct {
	ID         int        `json:"id"`
	SIPCallID  string     `json:"sip_call_id,omitempty"`
	Direction  string     `json:"direction" doc:"in: the INVITE came to us; out: we sent it"`
	Peer       string     `json:"peer" doc:"phone, trunk, uri, platform, unknown"`
	Target     string     `json:"target,omitempty"`
	Address    string     `json:"address,omitempty" doc:"the peer's transport address"`
	StartedAt  time.Time  `json:"started_at"`
	RingingAt  *time.Time `json:"ringing_at,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	FinalCode  int        `json:"final_code,omitempty"`
	Synthetic  bool       `json:"synthetic,omitempty" doc:"final_code was concluded, not on the wire"`
	Reasons    []string   `json:"reasons,omitempty" doc:"Reason values seen on this leg"`
	Reason     string     `json:"reason,omitempty" doc:"the leg's own Bye Reason"`
}

// A Segment is one stage of the caller's leg.
type Segment struct {
	Stage     string    `json:"stage"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Leg       int       `json:"leg,omitempty" doc:"the other party"`
	Reason    string    `json:"reason,omitempty" doc:"how the segment ended, where that has a name"`
}

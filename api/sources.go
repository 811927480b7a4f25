package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/capture"
	"onhook/config"
)

// HEPState is what a server that listens for HEP knows of its senders.
type HEPState struct {
	Listen  []string // the addresses
	Senders []capture.Sender
	Overrun uint64 // packets that the system dropped before they were read
	Stored  uint64 // records made of what came
	Lost    uint64 // records that could not be stored
	Key     bool   // packets have to carry a key
}

// A Source is a sender of HEP: another server that mirrors its signalling here.
type Source struct {
	Address   string     `json:"address" doc:"where its packets come from; others: beyond the first 1,024"`
	ID        uint32     `json:"id" doc:"the capture id that it gives itself"`
	Name      string     `json:"name,omitempty"`
	Packets   uint64     `json:"packets" doc:"that came, whatever became of them"`
	Bytes     uint64     `json:"bytes"`
	Taken     uint64     `json:"taken" doc:"that gave a message"`
	Dropped   []Drop     `json:"dropped" doc:"that gave nothing, and why"`
	First     *time.Time `json:"first,omitempty"`
	Last      *time.Time `json:"last,omitempty"`
	OffsetMS  *int64     `json:"offset_ms,omitempty" doc:"how much later than its own time its fastest packet came; below zero its clock is ahead"`
	Diagnosis string     `json:"diagnosis" doc:"how it is, and what to do where nothing is seen of it"`
}

// A Drop is how many packets gave nothing for one reason.
type Drop struct {
	Reason  string `json:"reason"`
	Packets uint64 `json:"packets"`
}

// Sources are the senders of HEP.
type Sources struct {
	Listen    []string `json:"listen" doc:"where HEP is heard; none: nowhere"`
	Sources   []Source `json:"sources"`
	Overrun   uint64   `json:"overrun" doc:"packets that the operating system dropped because the server was too far behind"`
	Records   uint64   `json:"records" doc:"calls that came of it, since the start"`
	Lost      uint64   `json:"lost" doc:"records that could not be stored"`
	Diagnosis string   `json:"diagnosis" doc:"what is so, and what to do where nothing is seen"`
}

func (s *Server) registerSources(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/sources", "list-sources", "System", config.SystemRead, "List the servers that mirror their signalling here by HEP, and why nothing is seen of those of which nothing is"),
		func(context.Context, *none) (*body[Sources], error) {
			if s.HEP == nil {
				return &body[Sources]{sourcesOf(HEPState{}, s.now())}, nil
			}
			return &body[Sources]{sourcesOf(s.HEP(), s.now())}, nil
		})
}

// quietAfter is how long a sender may say nothing until that is worth a word.
const quietAfter = 5 * time.Minute

func sourcesOf(st HEPState, now time.Time) Sources {
	out := Sources{Listen: listed(st.Listen), Sources: []Source{}, Overrun: st.Overrun, Records: st.Stored, Lost: st.Lost}
	for i := range st.Senders {
		out.Sources = append(out.Sources, sourceOf(&st.Senders[i], st.Key, now))
	}
	switch {
	case len(st.Listen) == 0:
		out.Diagnosis = "HEP is heard nowhere. hep: {listen: [\"udp://:9060\"]} in the configuration lets other servers mirror their calls here."
	case len(st.Senders) == 0:
		out.Diagnosis = "Not one packet has come. Check that the sender's address and port are those above, that a firewall lets them in, and that the sender uses the transport that is listened on."
	case st.Overrun > 0:
		out.Diagnosis = fmt.Sprintf("%d packets came faster than they were read and were dropped by the operating system; a larger net.core.rmem_max helps with bursts.", st.Overrun)
	}
	return out
}

func sourceOf(x *capture.Sender, key bool, now time.Time) Source {
	out := Source{
		Address: "others", ID: x.Agent.ID, Name: x.Agent.Name, Packets: x.Packets, Bytes: x.Bytes, Taken: x.Items, Dropped: []Drop{},
		First: utcOrNone(x.First), Last: utcOrNone(x.Last),
	}
	if x.Addr.IsValid() {
		out.Address = x.Addr.Unmap().String()
	}
	var most Drop
	for r, n := range x.Dropped {
		if n > 0 {
			d := Drop{capture.DropReason(r).String(), n}
			out.Dropped = append(out.Dropped, d)
			if n > most.Packets {
				most = d
			}
		}
	}
	if x.Timed {
		ms := x.Offset.Milliseconds()
		out.OffsetMS = &ms
	}
	out.Diagnosis = diagnosis(x, most, key, now)
	return out
}

// diagnosis is what stands in the way of a sender, the worst first.
func diagnosis(x *capture.Sender, most Drop, key bool, now time.Time) string {
	switch late := x.Offset; {
	case x.Items == 0 && x.Dropped[capture.WrongKey] == most.Packets && most.Packets > 0:
		return "Nothing of it is taken: its key is wrong or missing. hep.key here and the sender's key must be the same."
	case x.Items == 0 && most.Packets > 0:
		return fmt.Sprintf("Nothing of it is taken: %s. It has to send HEP version 2 or 3 with SIP in it.", most.Reason)
	case x.Items == 0:
		return "It has sent nothing that can be used yet."
	case now.Sub(x.Last) > quietAfter:
		return fmt.Sprintf("It has been quiet for %s.", now.Sub(x.Last).Round(time.Minute))
	case most.Packets > x.Items/10:
		return fmt.Sprintf("Of its packets %d of %d give nothing, most of them: %s.", x.Drops(), x.Packets, most.Reason)
	case x.Timed && late < -time.Second:
		return fmt.Sprintf("It is heard. Its clock is %s ahead: calls of several sources are joined by their times, so set it by NTP.", (-late).Round(time.Millisecond))
	case x.Timed && late > time.Second:
		return fmt.Sprintf("It is heard. Its clock is %s behind, or its packets take so long: set it by NTP.", late.Round(time.Millisecond))
	case !key:
		return "It is heard. No key is asked for: anybody who reaches the port can add calls."
	}
	return "It is heard."
}

func utcOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"onhook/call"
	"onhook/outcome"
)

// Every server of these tests writes its messages to a capture file. When it
// has ended, explain has to say of each call what the server itself recorded.

// pcapFile is where the process that runs now writes its messages.
func (s *server) pcapFile() string {
	return filepath.Join(s.data, fmt.Sprintf("run%d.pcapng", len(s.pcaps)))
}

var t1Key = regexp.MustCompile(`\bt1: *([0-9a-z.]+)`)

// t1 is the T1 of the configuration, as a flag of explain.
func (s *server) t1() string {
	if m := t1Key.FindStringSubmatch(s.text); m != nil {
		return m[1]
	}
	return "500ms"
}

// compareCapture holds the records against what explain says of the captures.
func (s *server) compareCapture() {
	s.t.Helper()
	if s.apart {
		return
	}
	out, err := exec.Command(binary, "calls", "--data", filepath.Join(s.data, "store"), "--json", "-n", "1000").Output()
	if err != nil {
		s.t.Errorf("calls --json: %v", err)
		return
	}
	live := decodeRecords(s.t.Errorf, out)
	seen := make(explained)
	for _, file := range s.pcaps {
		seen.add(s.t.Errorf, file, s.t1())
	}
	for i := range live {
		seen.compare(s.t.Errorf, &live[i])
	}
	seen.compareRelated(s.t.Errorf, live)
	onLoopback.remember(s.t.Name(), s.t1(), live)
}

// explained is what explain says, by callKey.
type explained map[string][]outcome.Record

// callKey is the caller's Call-ID and address: on loopback others may test as well. A
// capture may show the first party of a call that the server made from the other side.
func callKey(r *outcome.Record) string {
	if made(r) {
		for _, l := range r.Legs {
			if l.SIPCallID != "" {
				return madeKey(l.SIPCallID)
			}
		}
	}
	return r.Legs[0].SIPCallID + " from " + r.Legs[0].Address
}

func madeKey(callID string) string { return callID + ", made by the server" }

type complain func(format string, args ...any)

func (x explained) add(fail complain, file, t1 string) {
	cmd := exec.Command(binary, "explain", "-o", "json", "--t1", t1, "--max-open", "1000000", file) // floods of other tests, too, are in that of the loopback interface
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		fail("explain %s: %v\n%s", file, err, &said)
		return
	}
	for _, r := range decodeRecords(fail, out) {
		if len(r.Legs) > 0 {
			x.keep(&r)
		}
	}
}

// keep keeps a record by its key and, where the server may have made its call, as one of those.
func (x explained) keep(r *outcome.Record) {
	key := callKey(r)
	x[key] = append(x[key], *r)
	for i, l := range r.Legs {
		if other := madeKey(l.SIPCallID); other != key && (i == 0 || made(r)) {
			x[other] = append(x[other], *r)
		}
	}
}

func decodeRecords(fail complain, text []byte) (list []outcome.Record) {
	dec := json.NewDecoder(bytes.NewReader(text))
	for dec.More() {
		var r outcome.Record
		if err := dec.Decode(&r); err != nil {
			fail("%v in %s", err, text)
			return list
		}
		list = append(list, r)
	}
	return list
}

// compare holds one record against what was seen of the call.
func (x explained) compare(fail complain, live *outcome.Record) {
	id := callKey(live)
	if len(x[id]) != 1 {
		fail("the capture shows %d calls of %s, want 1: %s", len(x[id]), id, verdict(live))
		return
	}
	seen := &x[id][0]
	if verdict(live) == verdict(seen) || closedLater(seen, live) || commanded(live) && seen.SIPFinal == live.SIPFinal {
		return
	}
	for _, e := range exceptions {
		// Where a capture cannot know, it has to say so.
		said := seen.Confidence != "certain" && len(seen.Notes) > 0 || e.traceless
		if said && e.live(live) && e.seen(seen, live) {
			return
		}
	}
	fail("recorded: %s\nexplained: %s, %s %q\n%s", verdict(live), verdict(seen), seen.Confidence, seen.Notes, seen.Summary)
}

// verdict is what a capture and the server have to agree on.
func verdict(r *outcome.Record) string {
	return fmt.Sprintf("%s, %d, %s, by %s", r.Status, r.LastResponseCode, r.ByeReason, r.EndedBy)
}

// commanded tells whether an operator had a hand in the call when it was up: who was put
// on hold or sent away stands in no message, and looks as if the parties had done it. That
// the server made the call does.
func commanded(r *outcome.Record) bool {
	return slices.ContainsFunc(r.Evidence, func(e outcome.Evidence) bool {
		return e.Field == "command" && !strings.HasPrefix(e.Text, call.CmdOriginate)
	})
}

// made tells whether the server made the call.
func made(r *outcome.Record) bool {
	return slices.ContainsFunc(r.Evidence, func(e outcome.Evidence) bool {
		return e.Field == "command" && strings.HasPrefix(e.Text, call.CmdOriginate)
	})
}

// compareRelated holds what records say of each other against what explain says of the
// same calls. A conference, a command and a code that was dialled stand in no message.
func (x explained) compareRelated(fail complain, live []outcome.Record) {
	names := make(map[string]string) // the keys of calls, by their ids here and there
	for i := range live {
		names[live[i].ID] = callKey(&live[i])
	}
	for _, list := range x {
		for i := range list {
			names[list[i].ID] = callKey(&list[i])
		}
	}
	related := func(r *outcome.Record) (all []string) {
		for _, rel := range r.Related {
			if name := names[rel.ID]; name != "" && rel.How != "conference" {
				all = append(all, rel.How+" "+name)
			} else if name == "" {
				fail("%s is related (%s) to %s, which is no call", callKey(r), rel.How, rel.ID)
			}
		}
		return all
	}
	joined := slices.ContainsFunc(live, func(r outcome.Record) bool {
		return slices.ContainsFunc(r.Evidence, func(e outcome.Evidence) bool {
			return e.Field == "command" && strings.HasPrefix(e.Text, call.CmdJoin)
		})
	})
	for i := range live {
		key := callKey(&live[i])
		if len(x[key]) != 1 {
			continue // compare has said so
		}
		recorded, seen := related(&live[i]), related(&x[key][0])
		for _, r := range recorded {
			if !slices.Contains(seen, r) && !joined && !strings.HasPrefix(r, "pickup") {
				fail("%s is related with %q, explained with %q", key, recorded, seen)
			}
		}
		for _, r := range seen {
			if !slices.Contains(recorded, r) {
				fail("%s is explained as related with %q, recorded with %q", key, seen, recorded)
			}
		}
	}
}

// closedLater tells whether the record is the one that is unsure: the server was
// killed before it had written how the call ended, which the capture may show.
func closedLater(seen, live *outcome.Record) bool {
	return live.Detail == "recovered" && live.Confidence != "certain" && (seen.ByeReason != "UNSPECIFIED" || seen.Confidence == "guess")
}

// An exception is something that the server knows and a capture of its messages
// does not: it may say otherwise, but not that it is certain.
type exception struct {
	why  string
	live func(r *outcome.Record) bool
	seen func(seen, live *outcome.Record) bool // how far it has to agree all the same

	traceless bool // nothing in the messages is otherwise than without it
}

// sameEnd: the caller was sent the same final response, and who ended the call
// is the same, but that a server that decides by itself looks like the party
// that it stands for.
func sameEnd(seen, live *outcome.Record) bool {
	return seen.SIPFinal == live.SIPFinal &&
		(seen.EndedBy == live.EndedBy || live.EndedBy == "platform" && (seen.EndedBy == "callee" || seen.EndedBy == "network"))
}

// sameStatus: and the status is the same.
func sameStatus(seen, live *outcome.Record) bool {
	return seen.Status == live.Status && seen.SIPFinal == live.SIPFinal
}

// exceptions are all there are; any other difference is an error.
var exceptions = []exception{
	{
		why:  "The server refused the call by itself. Rules, section 3a: a final is taken as received, decided by its sender, likely where our own side would have been asked.",
		live: func(r *outcome.Record) bool { return r.EndedBy == "platform" && r.Answered == "no" && len(r.Legs) == 1 },
		seen: func(seen, live *outcome.Record) bool { return sameEnd(seen, live) && seen.Answered == "no" },
	},
	{
		why:  "The server refused to follow a forward or a redirect that led back: a capture shows the attempts before, and another final.",
		live: func(r *outcome.Record) bool { return r.ByeReason == "EXCHANGE_ROUTING_ERROR" && r.Answered == "no" },
		seen: func(seen, live *outcome.Record) bool { return seen.SIPFinal == live.SIPFinal && seen.Answered == "no" },
	},
	{
		why:  "The server made the call, and gave up while the first party rang: one INVITE and one CANCEL of one server, as of any caller who changes his mind.",
		live: func(r *outcome.Record) bool { return made(r) && r.Answered == "no" && r.EndedBy == "platform" },
		seen: func(seen, live *outcome.Record) bool {
			return seen.SIPFinal == live.SIPFinal && seen.ByeReason == "ORIGINATOR_CANCEL" && seen.Answered == "no"
		},
	},
	{
		why:  "Nothing could be delivered to the called party: the socket said so, and no SIP message does.",
		live: func(r *outcome.Record) bool { return r.Detail == "transport" },
		seen: sameStatus,
	},
	{
		why: "An operator's command, or the end of the server, stands in no message: it looks like the server's own decision, or a ring timer.",
		live: func(r *outcome.Record) bool {
			return r.ByeReason == "MANAGER_REQUEST" || r.ByeReason == "Terminated_From_Server" && r.Detail != "recovered"
		},
		seen: func(seen, live *outcome.Record) bool {
			return sameEnd(seen, live) && (seen.Answered == live.Answered || len(live.Legs) == 1)
		},
	},
	{
		why:  "The progress timer looks like any other that ends an attempt without a sign of life.",
		live: func(r *outcome.Record) bool { return r.ByeReason == "PROGRESS_TIMEOUT" },
		seen: func(seen, live *outcome.Record) bool {
			return sameStatus(seen, live) && seen.LastResponseCode == live.LastResponseCode && seen.EndedBy == live.EndedBy
		},
	},
	{
		why: "A hold commanded by the API changes the media inside the server: the messages are those of a call that nobody held.",
		live: func(r *outcome.Record) bool {
			return r.ByeReason == "Abandoned_On_Hold" && slices.ContainsFunc(r.Evidence, func(e outcome.Evidence) bool { return e.Field == "command" && strings.Contains(e.Text, "hold") })
		},
		seen: func(seen, live *outcome.Record) bool {
			return seen.ByeReason == "NORMAL_CLEARING" && sameEnd(seen, live)
		},
		traceless: true,
	},
	{
		why:  "A code took a call that rang or was parked: that the leg went on in another call stands in no message.",
		live: func(r *outcome.Record) bool { return r.ByeReason == "ATTENDED_TRANSFER" && len(r.Legs) == 1 },
		seen: sameStatus,
	},
	{
		why: "A menu, a queue, a mailbox or a parking place had the caller: which one, and how far the caller came in it, stands in no message. Rules, section 3a: every 2xx counts as party unless the same capture shows otherwise.",
		live: func(r *outcome.Record) bool {
			return r.Answered == "platform" || r.LastResponseCode > 900 || slices.ContainsFunc(r.Segments, func(g outcome.Segment) bool {
				return g.Stage == "menu" || g.Stage == "queue" || g.Stage == "voicemail"
			})
		},
		seen: func(seen, live *outcome.Record) bool {
			return sameEnd(seen, live) && seen.SIPFinal == 200 && (seen.Status == "Call Ended" || seen.Status == "Abandoned")
		},
	},
}

package e2e

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onhook/analyse"
	"onhook/call"
	"onhook/capture"
	"onhook/outcome"
	"onhook/sip"
	"onhook/store"
)

// end stops the server and holds its records against what a capture of the same calls tells.
func (s *server) end() {
	s.stop()
	explainRecords(s.t, filepath.Join(s.data, "store"))
}

// explainRecords writes the messages of all calls of a store as a capture and
// explains it: status, code, reason and who must be those of the live record,
// or the explained one must say that it is not certain.
func explainRecords(t *testing.T, dir string) {
	t.Helper()
	live := records(t, dir)
	var file bytes.Buffer
	writeCapture(t, &file, live)
	src, err := capture.NewReader(bytes.NewReader(file.Bytes()), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string][]*analyse.Call{}
	if _, err := analyse.Run(src, analyse.Options{}, func(c *analyse.Call) {
		for _, l := range c.Record.Legs {
			explained[l.SIPCallID] = append(explained[l.SIPCallID], c)
		}
	}, nil); err != nil {
		t.Error(err)
	}
	for _, r := range live {
		want := r.record
		if len(want.Legs) == 0 || want.Legs[0].SIPCallID == "" || len(r.events) == 0 {
			continue
		}
		if want.Answered == "platform" && len(want.Legs) == 1 {
			continue // section 3a: from outside a 2xx of an application is one of a party
		}
		calls := explained[want.Legs[0].SIPCallID]
		if len(calls) == 0 {
			t.Errorf("the capture shows no call %s: live %s, %s", want.Legs[0].SIPCallID, want.Status, want.ByeReason)
			continue
		}
		same := slices.ContainsFunc(calls, func(c *analyse.Call) bool {
			got := &c.Record
			return got.Confidence != "certain" ||
				got.Status == want.Status && got.LastResponseCode == want.LastResponseCode && got.ByeReason == want.ByeReason && got.EndedBy == want.EndedBy
		})
		if !same {
			got := &calls[0].Record
			t.Errorf("call %s: live %s %d %s by %s, from the capture %s %d %s by %s, and that for certain", want.Legs[0].SIPCallID,
				want.Status, want.LastResponseCode, want.ByeReason, want.EndedBy, got.Status, got.LastResponseCode, got.ByeReason, got.EndedBy)
		}
	}
}

// A recorded call is a record with its events.
type recorded struct {
	record outcome.Record
	events []call.Event
}

func records(t *testing.T, dir string) (all []recorded) {
	t.Helper()
	r, err := store.OpenReader(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	defer r.Close()
	page, err := r.List(store.Filter{}, store.Cursor{}, store.MaxLimit)
	if err != nil {
		t.Error(err)
		return nil
	}
	for _, rec := range page.Records {
		events, err := r.Evidence(rec.ID)
		if err != nil {
			t.Errorf("the evidence of %s: %v", rec.ID, err)
			continue
		}
		all = append(all, recorded{rec, events})
	}
	return all
}

// writeCapture writes what the calls' events say was on the wire.
func writeCapture(t *testing.T, file *bytes.Buffer, calls []recorded) {
	t.Helper()
	var packets []capture.Record
	for _, c := range calls {
		first := map[uint32]call.Event{}
		for _, e := range c.events {
			if e.Kind == call.EvRetransmitted {
				at := e.At
				e = first[e.Of]
				e.At = at
			}
			if e.Msg == "" {
				continue
			}
			first[e.Seq] = e
			name, way, _ := strings.Cut(e.Flow, " ")
			from, to, _ := strings.Cut(way, ">")
			src, err1 := netip.ParseAddrPort(from)
			dst, err2 := netip.ParseAddrPort(to)
			if err1 != nil || err2 != nil {
				continue
			}
			packets = append(packets, capture.Record{At: e.At, Transport: sip.ParseTransport(name), Src: src, Dst: dst, Payload: []byte(e.Msg)})
		}
	}
	slices.SortStableFunc(packets, func(a, b capture.Record) int { return a.At.Compare(b.At) })
	w, err := capture.NewWriter(file, capture.Pcap)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		if err := w.Write(p); err != nil {
			t.Errorf("%s > %s: %v", p.Src, p.Dst, err)
		}
	}
}

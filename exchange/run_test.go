package exchange

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onhook/sip"
)

// TestScenario37_TheLoopStandsStill: for longer than an INVITE may wait for its first
// answer. The answer that is read after that counts, calls last as long as they last, and
// what is really late is found late then.
func TestScenario37_TheLoopStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		base, begun := r.now, time.Now()
		var ahead atomic.Int64
		r.x.opt.Now = func() time.Time { return base.Add(time.Since(begun) + time.Duration(ahead.Load())) }
		over := make(chan struct{})
		go func() {
			defer close(over)
			r.x.Run()
		}()
		defer func() {
			r.x.Stop()
			<-over
		}()
		comes := func(addr, text string) {
			t.Helper()
			if !r.x.Packets([]Packet{{Flow: flowOf(addr), Data: []byte(text)}}) {
				t.Fatal("the mailbox is full")
			}
			synctest.Wait()
		}
		stands := func(d time.Duration) {
			ahead.Add(int64(d))
			r.x.MediaReady() // it goes on, with nothing that has come
			synctest.Wait()
		}
		comes(trunkAddr, request("INVITE", "1", "c", "", 1, sdpText))
		comes(trunkAddr, request("INVITE", "1", "d", "", 1, sdpText))
		var invites []*sip.Message
		for _, s := range r.sent {
			if m, err := sip.Parse([]byte(s.data)); err == nil && m.Method == sip.INVITE && s.to.String() == phoneAddr {
				invites = append(invites, m)
			}
		}
		if len(invites) != 2 {
			t.Fatalf("the phone got %d INVITEs: %q", len(invites), r.log)
		}
		stands(40 * time.Second)
		time.Sleep(100 * time.Millisecond) // of the bubble's time
		answer := "SIP/2.0 200 OK\r\nVia: " + invites[0].Get(sip.HVia) + "\r\nFrom: " + invites[0].Get(sip.HFrom) + "\r\nTo: " + invites[0].Get(sip.HTo) + ";tag=b\r\nCall-ID: " + invites[0].CallID() +
			"\r\nCSeq: " + invites[0].Get(sip.HCSeq) + "\r\nContact: <sip:" + phoneAddr + ">\r\nContent-Type: application/sdp\r\nContent-Length: " + itoa(len(sdpText)) + "\r\n\r\n" + sdpText
		comes(phoneAddr, answer)
		m := r.last(trunkAddr)
		if m.Status != 200 {
			t.Fatalf("the caller got %d", m.Status)
		}
		callID := m.CallID()
		comes(trunkAddr, request("ACK", "1", callID, m.ToTag(), 1, ""))
		time.Sleep(10 * time.Second)
		stands(5 * time.Second)
		comes(trunkAddr, request("BYE", "1", callID, m.ToTag(), 2, ""))
		time.Sleep(time.Minute) // nobody answers the other call, nor its CANCEL, nor the BYE
		r.x.Stop()
		<-over
		if len(r.records) != 2 {
			t.Fatalf("%d records, want 2: %q", len(r.records), r.log)
		}
		for _, rec := range r.records {
			switch {
			case rec.ByeReason == "NORMAL_CLEARING":
				setup, talk := rec.AnsweredAt.Sub(rec.StartedAt), rec.EndedAt.Sub(*rec.AnsweredAt)
				if setup < 40*time.Second || setup > 41*time.Second || talk < 15*time.Second || talk > 16*time.Second {
					t.Errorf("the call was answered after %v and lasted %v, want 40 and 15 s", setup, talk)
				}
			case rec.SIPFinal != 408 && rec.SIPFinal != 480:
				t.Errorf("the call that nobody answered: %s %d", rec.ByeReason, rec.SIPFinal)
			}
		}
		if n := strings.Count(strings.Join(r.log, "\n"), "send "+phoneAddr+" INVITE"); n > 14 {
			t.Errorf("the two calls were repeated %d times", n)
		}
	})
}

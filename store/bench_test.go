package store

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/call"
)

// benchCall makes the events of a bridged call: 14 messages on two legs, with
// bodies, as two phones and a B2BUA write them.
func benchCall(n int) []call.Event {
	at := t0.Add(time.Duration(n) * time.Millisecond)
	sdp := "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
	id := testID(n)[20:]
	msg := func(first, method, leg, body string) string {
		via := "Via: SIP/2.0/UDP 192.0.2." + leg + ":5060;branch=z9hG4bK" + leg + method + id + ";rport\r\n"
		head := first + "\r\n" + via + "From: \"Reception\" <sip:100@example.com>;tag=f" + leg + id + "\r\nTo: <sip:101@example.com>;tag=t" + leg + id +
			"\r\nCall-ID: " + leg + id + "@192.0.2." + leg + "\r\nCSeq: 1 " + method + "\r\nContact: <sip:100@192.0.2." + leg + ":5060>\r\nMax-Forwards: 70\r\nUser-Agent: Phone 1.2." + leg +
			"\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, PRACK, UPDATE\r\nSupported: replaces, timer\r\n"
		if body != "" {
			head += "Content-Type: application/sdp\r\n"
		}
		return head + "Content-Length: " + strings.Repeat("1", 1+len(body)/100) + "\r\n\r\n" + body
	}
	list := []struct {
		leg           call.LegID
		kind          call.EventKind
		first, method string
		body          string
	}{
		{1, call.EvReceived, "INVITE sip:101@example.com SIP/2.0", "INVITE", sdp},
		{1, call.EvSent, "SIP/2.0 100 Trying", "INVITE", ""},
		{2, call.EvSent, "INVITE sip:101@192.0.2.2:5060 SIP/2.0", "INVITE", sdp},
		{2, call.EvReceived, "SIP/2.0 100 Trying", "INVITE", ""},
		{2, call.EvReceived, "SIP/2.0 180 Ringing", "INVITE", ""},
		{1, call.EvSent, "SIP/2.0 180 Ringing", "INVITE", ""},
		{2, call.EvReceived, "SIP/2.0 200 OK", "INVITE", sdp},
		{2, call.EvSent, "ACK sip:101@192.0.2.2:5060 SIP/2.0", "ACK", ""},
		{1, call.EvSent, "SIP/2.0 200 OK", "INVITE", sdp},
		{1, call.EvReceived, "ACK sip:101@192.0.2.9:5060 SIP/2.0", "ACK", ""},
		{1, call.EvReceived, "BYE sip:101@192.0.2.9:5060 SIP/2.0", "BYE", ""},
		{1, call.EvSent, "SIP/2.0 200 OK", "BYE", ""},
		{2, call.EvSent, "BYE sip:101@192.0.2.2:5060 SIP/2.0", "BYE", ""},
		{2, call.EvReceived, "SIP/2.0 200 OK", "BYE", ""},
	}
	events := []call.Event{{Seq: 1, At: at, Kind: call.EvLeg, Leg: 1, Peer: call.PeerPhone, Name: "100"}}
	for i, m := range list {
		leg := "1"
		if m.leg == 2 {
			leg = "2"
		}
		events = append(events, call.Event{
			Seq: uint32(i + 2), At: at.Add(time.Duration(i) * 1234567), Kind: m.kind, Leg: m.leg,
			Flow: "udp 192.0.2.1:5060>192.0.2.9:5060", Msg: msg(m.first, m.method, leg, m.body),
		})
	}
	return events
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCall places calls at 1000 a second (or as fast as it goes) and tells
// the CPU time of all threads, indexing included, and the bytes of log a call.
// Run it with -benchtime=5000x.
func BenchmarkCall(b *testing.B) {
	for _, c := range []struct {
		name string
		gap  time.Duration
	}{{"1000_a_second", time.Millisecond}, {"flat_out", 0}} {
		b.Run(c.name, func(b *testing.B) {
			s, _, err := Open(b.TempDir(), Options{Report: func(err error) { b.Error(err) }})
			if err != nil {
				b.Fatal(err)
			}
			events := make([][]call.Event, 512)
			for i := range events {
				events[i] = benchCall(i)
			}
			before, from := cpu(b), s.j.end()
			done := make(chan error, 1<<16)
			var begins []time.Duration
			next := time.Now()
			b.ResetTimer()
			for i := range b.N {
				if c.gap > 0 && i%8 == 0 { // eight at a time, as a batch of datagrams comes
					next = next.Add(8 * c.gap)
					<-time.After(time.Until(next))
				}
				ev := events[i%len(events)]
				st := testStart(i)
				st.Events = ev[:2]
				at := time.Now()
				for {
					err := s.Begin(st)
					if err == nil {
						break
					}
					if err != ErrBusy {
						b.Fatal(err)
					}
					runtime.Gosched()
				}
				begins = append(begins, time.Since(at))
				for s.Finish(testRecord(i), ev, func(err error) { done <- err }) == ErrBusy {
					runtime.Gosched()
				}
			}
			for range b.N {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			s.w.close()
			end := s.j.end()
			s.x.flush()
			b.StopTimer()
			used := cpu(b) - before
			b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us/call")
			slices.Sort(begins)
			b.ReportMetric(float64(begins[len(begins)/2].Nanoseconds()), "begin-p50-ns")
			b.ReportMetric(float64(begins[len(begins)*99/100].Nanoseconds()), "begin-p99-ns")
			b.ReportMetric(float64(begins[len(begins)-1].Nanoseconds()), "begin-max-ns")
			size := int64(end.seg-from.seg)*s.opt.SegmentSize + end.off - from.off
			b.ReportMetric(float64(size)/float64(b.N), "log-B/call")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			if st, err := os.Stat(databasePath(s.j.dir + "/..")); err == nil {
				b.ReportMetric(float64(st.Size())/float64(b.N), "db-B/call")
			}
		})
	}
}

// BenchmarkEncode tells what a record and its evidence cost before the disk.
func BenchmarkEncode(b *testing.B) {
	for _, calls := range []int{1, maxGroup} {
		b.Run(strconv.Itoa(calls), func(b *testing.B) {
			var w writer
			n := 0
			for i := range calls {
				r := testRecord(i)
				f := finish{record: &r, events: benchCall(i)}
				for k := range f.events {
					n += len(f.events[k].Msg)
				}
				w.batch = append(w.batch, f)
			}
			b.ReportAllocs()
			for b.Loop() {
				w.encode()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*calls), "ns/call")
			b.ReportMetric(float64(n)/float64(calls), "messages-B/call")
			b.ReportMetric(float64(len(w.chunks))/float64(calls), "log-B/call")
			b.ReportMetric(float64(len(w.rows[0].packed)), "record-B")
		})
	}
}

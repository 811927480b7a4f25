// Command explain measures `onhook explain` beside `tshark -Y sip` on the same
// capture: calls of two legs through a server, 13 messages each, written by
// package capture. tshark gets a shorter file of the same kind: it takes minutes.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"onhook/capture"
	"onhook/sip"
)

// steps is one call: from, to, first line, CSeq, leg; bye: they come when the call ends.
var steps = []struct {
	from, to, line, cseq string
	leg                  int
	bye                  bool
}{
	{"10.0.0.1:5060", "10.0.0.9:5060", "INVITE sip:%d@10.0.0.9 SIP/2.0", "1 INVITE", 1, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "", "1 INVITE", 1, false},
	{"10.0.0.9:5060", "10.0.0.2:5060", "INVITE sip:%d@10.0.0.2 SIP/2.0", "1 INVITE", 2, false},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 180 Ringing", "1 INVITE", 2, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 180 Ringing", "1 INVITE", 1, false},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "1 INVITE", 2, false},
	{"10.0.0.9:5060", "10.0.0.2:5060", "ACK sip:%d@10.0.0.2 SIP/2.0", "1 ACK", 2, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "1 INVITE", 1, false},
	{"10.0.0.1:5060", "10.0.0.9:5060", "ACK sip:%d@10.0.0.9 SIP/2.0", "1 ACK", 1, false},
	{"10.0.0.1:5060", "10.0.0.9:5060", "BYE sip:%d@10.0.0.9 SIP/2.0", "2 BYE", 1, true},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "2 BYE", 1, true},
	{"10.0.0.9:5060", "10.0.0.2:5060", "BYE sip:%d@10.0.0.2 SIP/2.0", "2 BYE", 2, true},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "2 BYE", 2, true},
}

const sdp = "v=0\r\no=user1 53655765 2353687637 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"

// message is step i of call n.
func message(buf []byte, n, i int) []byte {
	s := &steps[i]
	line := s.line
	switch {
	case line == "":
		line = "SIP/2.0 100 Trying"
	case line[0] != 'S':
		line = fmt.Sprintf(line, 2000000+n)
	}
	tag, more, body := fmt.Sprintf(";tag=callee%d-%d", n, s.leg), "", ""
	if i < 3 {
		tag = ""
	}
	if i == 0 || i == 2 || i == 5 || i == 7 {
		body, more = sdp, "Content-Type: application/sdp\r\n"
	}
	if i == 2 {
		more += fmt.Sprintf("X-CID: %d-1@10.0.0.1\r\n", n)
	}
	return fmt.Appendf(buf, "%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%d-%d-%s;rport\r\nMax-Forwards: 70\r\nFrom: \"Caller\" <sip:%d@10.0.0.1>;tag=caller%d-%d\r\nTo: <sip:%d@10.0.0.9>%s\r\nCall-ID: %d-%d@10.0.0.1\r\nCSeq: %s\r\nContact: <sip:caller@10.0.0.1:5060>\r\nUser-Agent: something 1.2.3\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE\r\n%sContent-Length: %d\r\n\r\n%s",
		line, s.from, n, s.leg, s.cseq[:1], 1000000+n, n, s.leg, 2000000+n, tag, n, s.leg, s.cseq, more, len(body), body)
}

// write makes a capture; so many calls are up at once.
func write(name string, calls, up int) (messages int) {
	f, err := os.Create(name)
	check(err)
	out := bufio.NewWriterSize(f, 1<<20)
	w, err := capture.NewWriter(out, capture.Pcap)
	check(err)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var buf []byte
	part := func(n int, bye bool) {
		for i := range steps {
			if n < 0 || n >= calls || steps[i].bye != bye {
				continue
			}
			buf = message(buf[:0], n, i)
			check(w.Write(capture.Record{
				At: at, Transport: sip.UDP, Src: netip.MustParseAddrPort(steps[i].from), Dst: netip.MustParseAddrPort(steps[i].to), Payload: buf,
			}))
			messages++
			at = at.Add(300 * time.Microsecond)
		}
	}
	for n := range calls + up {
		part(n, false)
		part(n-up, true)
		at = at.Add(time.Millisecond)
	}
	check(out.Flush())
	check(f.Close())
	return messages
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// run runs a command and prints a row of the table.
func run(what string, messages int, name string, args ...string) (rate float64) {
	cmd := exec.Command(name, args...)
	began := time.Now()
	if out, err := cmd.Output(); err != nil || len(out) == 0 {
		log.Fatalf("%s: %v, %d bytes of output", what, err, len(out))
	}
	took := time.Since(began)
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
	rate = float64(messages) / took.Seconds()
	fmt.Printf("| %s | %d | %.1f s | %.0f | %.1f us | %d MB |\n", what, messages, took.Seconds(), rate, cpu.Seconds()*1e6/float64(messages), rss)
	return rate
}

func main() {
	log.SetFlags(0)
	calls := flag.Int("calls", 100000, "calls in the capture")
	short := flag.Int("short", 20000, "calls in the capture that tshark reads")
	up := flag.Int("up", 20000, "calls up at once")
	flag.Parse()
	dir, err := os.MkdirTemp("", "onhook-bench-")
	check(err)
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "onhook")
	build := exec.Command("go", "build", "-o", program, "./cmd/onhook")
	build.Dir = ".."
	build.Stderr = os.Stderr
	check(build.Run())
	long, few := filepath.Join(dir, "long.pcap"), filepath.Join(dir, "few.pcap")
	n, m := write(long, *calls, *up), write(few, *short, *short/5)
	fmt.Printf("# onhook explain\n\n%d calls of two legs, %d up at once; tshark reads %d calls of the same kind.\n\n", *calls, *up, *short)
	fmt.Println("| what | SIP messages | took | messages/s | CPU a message | most memory |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	run("onhook explain", n, program, "explain", long)
	ours := run("onhook explain, the short file", m, program, "explain", few)
	if tshark, err := exec.LookPath("tshark"); err == nil {
		theirs := run("tshark -Y sip, the short file", m, tshark, "-r", few, "-Y", "sip")
		fmt.Printf("\nThe short file: %.0f times the messages a second of tshark.\n", ours/theirs)
	} else {
		fmt.Fprintln(os.Stderr, "tshark is missing: not compared")
	}
}

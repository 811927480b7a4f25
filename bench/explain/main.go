// Command explain measures `onhook explain` beside `tshark -Y sip` on the same
// capture: calls of two legs through a server, 13 messages each, written by
// package capture. tshark takes minutes and gigabytes for it: -short gives it a
// shorter file of the same kind.
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

	"onhook/bench/box"
	"onhook/bench/traffic"
	"onhook/capture"
	"onhook/sip"
)

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
		for i := range traffic.Steps {
			if n < 0 || n >= calls || traffic.Steps[i].Bye != bye {
				continue
			}
			buf = traffic.Message(buf[:0], n, i)
			check(w.Write(capture.Record{
				At: at, Transport: sip.UDP, Src: netip.MustParseAddrPort(traffic.Steps[i].From), Dst: netip.MustParseAddrPort(traffic.Steps[i].To), Payload: buf,
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
	short := flag.Int("short", 100000, "calls in the capture that tshark reads: as many as calls is the same file")
	up := flag.Int("up", 20000, "calls up at once")
	flag.Parse()
	dir, err := os.MkdirTemp("", "onhook-bench-")
	check(err)
	defer os.RemoveAll(dir)
	program, err := box.Build(dir, "..")
	check(err)
	long := filepath.Join(dir, "long.pcap")
	n := write(long, *calls, *up)
	few, m, same := long, n, "the same file"
	if *short != *calls {
		few, same = filepath.Join(dir, "few.pcap"), fmt.Sprintf("%d calls of the same kind", *short)
		m = write(few, *short, *short/5)
	}
	fmt.Printf("# onhook explain\n\n%d calls of two legs, %d up at once; tshark reads %s.\n\n", *calls, *up, same)
	fmt.Println("| what | SIP messages | took | messages/s | CPU a message | most memory |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	ours := run("onhook explain", n, program, "explain", long)
	if few != long {
		ours = run("onhook explain, the short file", m, program, "explain", few)
	}
	if tshark, err := exec.LookPath("tshark"); err == nil {
		theirs := run("tshark -Y sip, "+same, m, tshark, "-r", few, "-Y", "sip")
		fmt.Printf("\n%.0f times the messages a second of tshark.\n", ours/theirs)
	} else {
		fmt.Fprintln(os.Stderr, "tshark is missing: not compared")
	}
}

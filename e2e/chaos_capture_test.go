package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A tap is dumpcap between the callers and the server: its files are small, so
// that tshark's time for a message does not grow with the run.
type tap struct {
	t    *testing.T
	cmd  *exec.Cmd
	dir  string
	port string      // of the server
	said chan string // how many packets it lost, when it has ended
}

// tapAt captures what goes between 127.0.0.2 and a server's address; nil where
// there is no dumpcap and no tshark, or they may not capture.
func tapAt(t *testing.T, server string) *tap {
	t.Helper()
	_, port, err := net.SplitHostPort(server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Log("tshark is missing: sipp's own logs are the capture")
		return nil
	}
	p := &tap{t: t, dir: t.TempDir(), port: port, said: make(chan string, 1)}
	p.cmd = exec.Command("dumpcap", "-q", "-i", "lo", "-B", "128", "-f", "host 127.0.0.2 and udp port "+port,
		"-w", filepath.Join(p.dir, "tap.pcapng"), "-b", "filesize:16000")
	said, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Log("dumpcap is missing: sipp's own logs are the capture")
		return nil
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "File: ") {
			go func() {
				dropped := ""
				for lines.Scan() {
					if m := droppedLine.FindStringSubmatch(lines.Text()); m != nil {
						dropped = m[1]
					}
				}
				p.said <- dropped
			}()
			return p
		}
	}
	_ = p.cmd.Wait() // it has said that it may not
	t.Log("dumpcap may not capture here: sipp's own logs are the capture")
	return nil
}

// files are what it has written, the oldest first.
func (p *tap) files() []string {
	p.t.Helper()
	all, err := filepath.Glob(filepath.Join(p.dir, "tap*.pcapng"))
	if err != nil || len(all) == 0 {
		p.t.Fatalf("dumpcap has left no file: %v", err)
	}
	slices.Sort(all)
	return all
}

// end ends the capture when all is written that came until now. The server has
// ended: what is sent to its port marks the place.
func (p *tap) end() {
	t := p.t
	t.Helper()
	c, err := net.Dial("udp", "127.0.0.1:"+p.port)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	from, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	mark := []byte("the end of " + p.dir)
	eventually(t, 60*time.Second, func() bool {
		_, _ = from.WriteTo(mark, c.RemoteAddr()) // nobody there: it was captured all the same
		all := p.files()
		tail, err := lastOf(all[len(all)-1], 1<<20)
		return err == nil && bytes.Contains(tail, mark)
	}, func() string { return "dumpcap did not write its last packets in 60 s" })
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	dropped := <-p.said
	_ = p.cmd.Wait() // it ended by our signal
	if dropped != "0" {
		t.Fatalf("dumpcap lost %q packets: records cannot be held against this capture", dropped)
	}
}

// read has tshark read all that was captured.
func (p *tap) read(each func(seen)) {
	t := p.t
	t.Helper()
	for _, file := range p.files() {
		cmd := exec.Command("tshark", "-n", "-r", file, "-d", "udp.port=="+p.port+",sip", "-Y", "sip", "-T", "fields", "-E", "separator=|", "-E", "occurrence=f",
			"-e", "frame.time_epoch", "-e", "ip.src", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "sip.CSeq.method", "-e", "sip.Call-ID")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s, err := shownByTshark(lines.Text())
			if err != nil {
				t.Errorf("tshark: %v", err)
				continue
			}
			each(s)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("tshark: %v", err)
		}
	}
}

// shownByTshark reads one line of read's.
func shownByTshark(line string) (s seen, err error) {
	f := strings.SplitN(line, "|", 6)
	if len(f) < 6 || f[5] == "" {
		return s, fmt.Errorf("%q is not a SIP message", line)
	}
	sec, frac, _ := strings.Cut(f[0], ".")
	unix, err1 := strconv.ParseInt(sec, 10, 64)
	nano, err2 := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
	if f[3] != "" {
		s.status, err = strconv.Atoi(f[3])
	}
	if err1 != nil || err2 != nil || err != nil {
		return s, fmt.Errorf("%q is not a SIP message", line)
	}
	s.at, s.sent, s.method, s.cseq, s.callID = time.Unix(unix, nano), f[1] == "127.0.0.2", f[2], f[4], f[5]
	return s, nil
}

func TestLinesOfTshark(t *testing.T) {
	got, err := shownByTshark("1795282131.456945064|127.0.0.1||180|INVITE|1-2@127.0.0.2")
	want := seen{at: time.Unix(1795282131, 456945064), status: 180, cseq: "INVITE", callID: "1-2@127.0.0.2"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = shownByTshark("1795282131.5|127.0.0.2|BYE||BYE|x|y")
	want = seen{at: time.Unix(1795282131, 500000000), sent: true, method: "BYE", cseq: "BYE", callID: "x|y"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1|2|3", "x.5|127.0.0.2|BYE||BYE|x", "1.5|127.0.0.2||x|BYE|x", "1.5|127.0.0.2|BYE||BYE|"} {
		if s, err := shownByTshark(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, s)
		}
	}
}

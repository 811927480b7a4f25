package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"onhook/analyse"
	"onhook/capture"
	"onhook/config"
	"onhook/outcome"
	"onhook/store"
)

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatal("it did not happen: " + what)
		}
		<-tick.C
	}
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mirrorTwoCalls sends the messages of twoCalls as an agent would.
func mirrorTwoCalls(t *testing.T, addr, key string) (sent uint64) {
	t.Helper()
	m, err := capture.NewMirror(addr, capture.MirrorOptions{ID: 77, Name: "edge", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	src, err := capture.NewReader(bytes.NewReader(twoCalls(t)), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		it, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		m.Send(&it)
		sent++
	}
	until(t, "all messages mirrored", func() bool { return m.Stats().Sent+m.Stats().Dropped >= sent })
	m.Close()
	return sent
}

func openTestStore(t *testing.T, dir string) *store.Local {
	t.Helper()
	s, _, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestListenStoresAndPrintsCalls(t *testing.T) {
	for _, proto := range []string{"udp", "tcp"} {
		t.Run(proto, func(t *testing.T) {
			dir := t.TempDir()
			s := openTestStore(t, dir)
			var out bytes.Buffer
			var aside lockedBuffer
			l := listening{
				cmd: listenCmd{HEP: []string{proto + "://127.0.0.1:0"}, Data: dir, Output: "table", T1: 500 * time.Millisecond},
				out: bufio.NewWriter(&out), aside: &aside,
			}
			l.print = newExplainPrinter(&explainCmd{Output: "table"}, l.out, &out, &aside)
			stop := make(chan os.Signal, 1)
			ended := make(chan error, 1)
			go func() { ended <- l.run(s, stop) }()
			address := regexp.MustCompile(proto + `://127\.0\.0\.1:\d+`)
			until(t, "listening", func() bool { return address.MatchString(aside.String()) })
			mirrorTwoCalls(t, address.FindString(aside.String()), "")
			// The calls are months old, and their 64*T1 long over: they come with the next tick.
			until(t, "two calls", func() bool {
				l.mu.Lock()
				defer l.mu.Unlock()
				return l.shown == 2
			})
			stop <- os.Interrupt
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"USER_BUSY", "NORMAL_CLEARING", "CALL-ID"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the table lacks %q:\n%s", want, &out)
				}
			}
			for _, want := range []string{"127.0.0.1 id 77 (edge): 8 packets, 8 taken, 0 dropped, its clock is ", "2 calls; 8 packets, 8 SIP messages"} {
				if !strings.Contains(aside.String(), want) {
					t.Errorf("standard error lacks %q:\n%s", want, aside.String())
				}
			}
			got := storedRecords(t, dir)
			if len(got) != 2 || got[0].Source != "hep" || got[0].ByeReason != "NORMAL_CLEARING" || got[1].ByeReason != "USER_BUSY" {
				t.Errorf("stored: %+v", got)
			}
		})
	}
}

func storedRecords(t *testing.T, dir string) []outcome.Record {
	t.Helper()
	r, err := store.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	page, err := r.List(store.Filter{}, store.Cursor{}, store.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	return page.Records
}

func TestListenOnAFolderInUse(t *testing.T) {
	dir := t.TempDir()
	s := openTestStore(t, dir)
	defer s.Close()
	err := listenCmd{HEP: []string{"udp://127.0.0.1:0"}, Data: dir}.Run()
	if err == nil || !strings.Contains(err.Error(), "a folder of its own with --data") || !strings.Contains(err.Error(), "hep: {listen:") {
		t.Errorf("got %v", err)
	}
}

func TestCollectorSurvivesAClockFarAhead(t *testing.T) {
	s := openTestStore(t, t.TempDir())
	defer s.Close()
	c, err := collect([]string{"udp://127.0.0.1:0"}, "", analyse.Options{}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := capture.NewMirror(c.listener.Addrs()[0], capture.MirrorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	src, err := capture.NewReader(bytes.NewReader(twoCalls(t)), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	it, err := src.Next()
	if err != nil {
		t.Fatal(err)
	}
	it.At = time.Now().Add(50 * 365 * 24 * time.Hour)
	m.Send(&it)
	m.Close()
	until(t, "the message taken", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.a.Totals().Messages == 1
	})
	c.mu.Lock()
	if ahead := time.Until(c.latest); ahead > time.Minute {
		t.Errorf("the time goes on from %s in the future", ahead)
	}
	c.mu.Unlock()
	if totals, err := c.close(); err != nil || totals.Calls != 1 {
		t.Errorf("%d calls, %v", totals.Calls, err)
	}
}

func TestSenderLine(t *testing.T) {
	s := capture.Sender{Packets: 10, Items: 7, Timed: true, Offset: -3 * time.Second}
	s.Dropped[capture.NotHEP], s.Dropped[capture.WrongKey] = 2, 1
	if got, want := senderLine(&s), "others: 10 packets, 7 taken, 3 dropped (2 not HEP, 1 wrong key), its clock is 3s ahead"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSettings(t *testing.T) {
	var b bytes.Buffer
	if err := printSettings(&b, []string{"udp://:9060", "tcp://192.0.2.7:9061"}, "hush"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`modparam("siptrace", "duplicate_uri", "sip:` + ownAddress() + `:9060")`, `"auth_key", "hush"`,
		`; transport=udp; version=3")`, `value="udp:` + ownAddress() + `:9060;hep=3;capture_id=103"`,
		"capture_address = " + ownAddress() + ":9060", "capture_password = hush", `hep: {send: "udp://`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
	b.Reset()
	if err := printSettings(&b, []string{"tcp://192.0.2.7:9061"}, ""); err != nil || !strings.Contains(b.String(), `"sip:192.0.2.7:9061;transport=tcp"`) {
		t.Errorf("%v\n%s", err, &b)
	}
	if err := printSettings(&b, []string{"9060"}, ""); err == nil {
		t.Error("an address without a transport is taken")
	}
}

// TestSettingsAreTheConfigurationOfServe reads back what is to be pasted into our own file.
func TestSettingsAreTheConfigurationOfServe(t *testing.T) {
	var b strings.Builder
	onhookSettings(&b, hepTarget{host: "192.0.2.7", port: "9060", key: "hush"})
	c, err := config.Parse("pasted", []byte(b.String()))
	if err != nil || c.HEP.Send != "udp://192.0.2.7:9060" || c.HEP.ID != 105 || string(c.HEP.Key) != "hush" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestKamailioTakesTheSettings(t *testing.T) {
	program, err := exec.LookPath("kamailio")
	if err != nil {
		t.Skip("needs kamailio (Debian: kamailio)")
	}
	modules, _ := filepath.Glob("/usr/lib/*/kamailio/modules")
	if len(modules) == 0 {
		t.Skip("needs kamailio (Debian: kamailio): its modules are not there")
	}
	var b strings.Builder
	b.WriteString("mpath=\"" + modules[0] + "/\"\nloadmodule \"tm.so\"\nloadmodule \"sl.so\"\nloadmodule \"pv.so\"\nloadmodule \"rr.so\"\n")
	kamailioSettings(&b, hepTarget{host: "127.0.0.1", port: "9060", key: "hush"})
	b.WriteString("request_route { t_relay(); }\n")
	file := filepath.Join(t.TempDir(), "kamailio.cfg")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-c", "-f", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, b.String())
	}
}

// twoCallEvents are the events of the answered call of twoCalls.
func twoCallEvents(t *testing.T) *analyse.Call {
	t.Helper()
	src, err := capture.NewReader(bytes.NewReader(twoCalls(t)), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found *analyse.Call
	if _, err := analyse.Run(src, analyse.Options{}, func(c *analyse.Call) {
		if c.Record.ByeReason == "NORMAL_CLEARING" {
			found = c
		}
	}, nil); err != nil || found == nil {
		t.Fatal("no call", err)
	}
	return found
}

func TestCallAsPcap(t *testing.T) {
	c := twoCallEvents(t)
	file := filepath.Join(t.TempDir(), "call.pcapng")
	if err := savePcap(file, c.Events, io.Discard); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("a file with messages for others to read: %v %v", st.Mode(), err)
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark (Debian: tshark)")
	}
	out, err := exec.Command(tshark, "-r", file, "-Y", "sip", "-T", "fields", "-e", "ip.src", "-e", "sip.CSeq.method", "-e", "sip.Status-Code", "-e", "sip.Call-ID").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "192.0.2.1\tINVITE\t\ttwo\n192.0.2.2\tINVITE\t180\ttwo\n192.0.2.2\tINVITE\t200\ttwo\n192.0.2.1\tACK\t\ttwo\n192.0.2.2\tBYE\t\ttwo\n"
	if string(out) != want {
		t.Errorf("tshark reads\n%swant\n%s", out, want)
	}
}

// TestServerHearsAndMirrors: one server mirrors its calls to another, and writes
// them to a capture file.
func TestServerHearsAndMirrors(t *testing.T) {
	start := func(conf, pcap string) *server {
		cfg, err := config.Parse("test", []byte("data: "+t.TempDir()+"\nlisten: \"udp://127.0.0.1:0\"\n"+conf))
		if err != nil {
			t.Fatal(err)
		}
		s, err := startServer(cfg, slog.New(slog.DiscardHandler), pcap)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ears := start(`hep: {listen: ["udp://127.0.0.1:0"], key: hush}`, "")
	heard := ears.hep.listener.Addrs()[0]
	file := filepath.Join(t.TempDir(), "all.pcapng")
	mouth := start(`hep: {send: "`+heard+`", id: 12, key: hush}`+"\n"+`trunks: [{name: here, address: "127.0.0.1:1", sources: [127.0.0.1/32]}]`, file)
	askNobody(t, mouth)
	until(t, "mirrored", func() bool {
		for _, s := range ears.hep.listener.Senders() {
			if s.Agent.ID == 12 && s.Items >= 3 {
				return true
			}
		}
		return false
	})
	if err := mouth.stop(); err != nil {
		t.Fatal(err)
	}
	if err := ears.stop(); err != nil {
		t.Fatal(err)
	}
	here, there := storedRecords(t, mouth.cfg.Data), storedRecords(t, ears.cfg.Data)
	if len(here) != 1 || len(there) != 1 {
		t.Fatalf("%d records of its own, %d of what was mirrored: want one each", len(here), len(there))
	}
	if here[0].SIPFinal != there[0].SIPFinal || there[0].Source != "hep" || there[0].SIPFinal == 0 {
		t.Errorf("its own %+v\nmirrored %+v", here[0], there[0])
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	src, err := capture.NewReader(f, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	totals, err := analyse.Run(src, analyse.Options{}, func(*analyse.Call) { calls++ }, nil)
	if err != nil || calls != 1 || totals.Messages < 3 {
		t.Errorf("the capture file has %d calls, %d messages: %v", calls, totals.Messages, err)
	}
}

// askNobody sends an INVITE that no route leads on, and acknowledges the refusal.
func askNobody(t *testing.T, s *server) {
	t.Helper()
	c, err := net.Dial("udp", s.locals[0].Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send := func(line, cseq, to string) {
		text := line + " SIP/2.0\r\nVia: SIP/2.0/UDP " + c.LocalAddr().String() + ";branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:nobody@127.0.0.1>" + to +
			"\r\nCall-ID: nobody@here\r\nCSeq: " + cseq + "\r\nContact: <sip:a@" + c.LocalAddr().String() + ">\r\nContent-Length: 0\r\n\r\n"
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	send("INVITE sip:nobody@127.0.0.1", "1 INVITE", "")
	_ = c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 65536)
	for {
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(b[:n]); !strings.HasPrefix(text, "SIP/2.0 1") {
			_, tag, _ := strings.Cut(text, "\r\nTo: <sip:nobody@127.0.0.1>")
			tag, _, _ = strings.Cut(tag, "\r\n")
			send("ACK sip:nobody@127.0.0.1", "1 ACK", tag)
			return
		}
	}
}

// TestSettingsOfTheDocs: docs/listen.md shows what the command prints.
func TestSettingsOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/listen.md")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := printSettings(&b, []string{"udp://192.0.2.10:9060"}, ""); err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(strings.TrimSpace(b.String()), "\n\n") {
		if !bytes.Contains(page, []byte(part)) {
			t.Errorf("docs/listen.md lacks\n%s", part)
		}
	}
}

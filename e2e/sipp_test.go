package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A scenario is what one sipp does, step by step.
type scenario struct {
	name  string
	steps []string
}

const sdpBody = `v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
`

// uac begins a caller's scenario by an INVITE with an offer.
func uac(headers ...string) *scenario {
	s := &scenario{name: "uac"}
	return s.send(fmt.Sprintf(`INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bKi[pid]n[call_number]
From: "Caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
%sContent-Type: application/sdp
Content-Length: [len]

%s`, lines(headers), sdpBody), `retrans="200"`)
}

// uas begins a callee's scenario by waiting for an INVITE.
func uas() *scenario {
	s := &scenario{name: "uas"}
	return s.add(`<recv request="INVITE" crlf="true" rrs="true"/>`)
}

func lines(headers []string) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	return b.String()
}

func (s *scenario) add(xml string) *scenario {
	s.steps = append(s.steps, xml)
	return s
}

func (s *scenario) send(message string, attributes ...string) *scenario {
	return s.add("<send " + strings.Join(attributes, " ") + "><![CDATA[\n\n" + message + "\n]]></send>")
}

func (s *scenario) pause(d time.Duration) *scenario {
	return s.add(fmt.Sprintf(`<pause milliseconds="%d"/>`, d.Milliseconds()))
}

// recv waits for a response, with optional others before it; a caller may be told
// that its call is forwarded.
func (s *scenario) recv(code int, optional ...int) *scenario {
	if s.name == "uac" && len(optional) > 0 {
		optional = append(optional[:len(optional):len(optional)], 181)
	}
	for _, o := range optional {
		s.add(fmt.Sprintf(`<recv response="%d" optional="true" rrs="true"/>`, o))
	}
	return s.add(fmt.Sprintf(`<recv response="%d" rrs="true"/>`, code))
}

func (s *scenario) recvRequest(method string) *scenario {
	return s.add(fmt.Sprintf(`<recv request="%s"/>`, method))
}

// answer sends a response to what was received last.
func (s *scenario) answer(code int, phrase string, headers ...string) *scenario {
	body := ""
	if code == 200 && s.name == "uas" || code == 183 {
		body = sdpBody
	}
	return s.respond(code, phrase, body, headers...)
}

func (s *scenario) respond(code int, phrase, body string, headers ...string) *scenario {
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\n"
	}
	attr := ""
	if code >= 200 && body != "" {
		attr = `retrans="200"`
	}
	return s.send(fmt.Sprintf(`SIP/2.0 %d %s
[last_Via:]
[last_From:]
[last_To:];tag=[pid]s[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>
%s%sContent-Length: [len]

%s`, code, phrase, lines(headers), kind, body), attr)
}

// plain sends a response to a request within the dialog, whose To has its tag already.
func (s *scenario) plain(code int, phrase string) *scenario {
	return s.send(fmt.Sprintf(`SIP/2.0 %d %s
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

`, code, phrase))
}

// ack acknowledges a final response as the caller.
func (s *scenario) ack() *scenario { return s.callerRequest("ACK", 1) }

// bye sends BYE as the caller.
func (s *scenario) bye(headers ...string) *scenario {
	return s.callerRequest("BYE", 2, headers...)
}

func (s *scenario) callerRequest(method string, cseq int, headers ...string) *scenario {
	attr := ""
	if method != "ACK" {
		attr = `retrans="200"`
	}
	return s.send(fmt.Sprintf(`%s [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: %d %s
Max-Forwards: 70
%sContent-Length: 0

`, method, cseq, method, lines(headers)), attr)
}

// ackFailed acknowledges a final >= 300: same branch, same Request-URI (RFC 3261 section 17.1.1.3).
func (s *scenario) ackFailed() *scenario {
	return s.send(`ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bKi[pid]n[call_number]
From: "Caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

`)
}

// cancel withdraws the INVITE.
func (s *scenario) cancel(headers ...string) *scenario {
	return s.send(fmt.Sprintf(`CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bKi[pid]n[call_number]
From: "Caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 CANCEL
Max-Forwards: 70
%sContent-Length: 0

`, lines(headers)))
}

// calleeBye sends BYE as the callee.
func (s *scenario) calleeBye(headers ...string) *scenario {
	return s.send(fmt.Sprintf(`BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$to];tag=[pid]s[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
%sContent-Length: 0

`, lines(headers)), `retrans="200"`)
}

// uasKeeping is uas that keeps From and To for requests of its own.
func uasKeeping() *scenario {
	s := &scenario{name: "uas"}
	return s.add(`<recv request="INVITE" crlf="true" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
</action></recv>`)
}

func (s *scenario) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), s.name+".xml")
	text := "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<scenario name=\"" + s.name + "\">\n" + strings.Join(s.steps, "\n") + "\n</scenario>\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A sipp is one running sipp.
type sipp struct {
	t    *testing.T
	cmd  *exec.Cmd
	port int
	out  *bytes.Buffer
	done chan error
	log  string
}

// Ports for programs that must be told theirs lie below those that the system gives
// out by itself and below the RTP ports of the servers, so that nobody takes one
// between the look and the use.
const firstPort, portCount = 5200, 11000 // whole blocks

var nextPort atomic.Uint32

func init() { nextPort.Store(rand.Uint32N(portCount)) }

// portBlock is how many ports belong to one freePort: sipp takes the ports of audio and video, and theirs for RTCP, from one number on.
const portBlock = 8

// freePort is the first of a block of UDP ports of an address that nobody has now
// and that no other caller is given: not here, and not in another run of these
// tests beside this one, since the block is taken until the test's process ends.
func freePort(t *testing.T, host string) int {
	t.Helper()
	for range portCount / portBlock {
		port := firstPort + int(nextPort.Add(1)%(portCount/portBlock))*portBlock
		if reserved(port) && isFree(host, port) {
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// reserved takes a block for this process, by a name that goes with it and is in no folder.
func reserved(port int) bool {
	l, err := net.Listen("unix", "@onhook-e2e-ports-"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	reservations.Lock()
	defer reservations.Unlock()
	reservations.held = append(reservations.held, l)
	return true
}

// reservations are held so that nothing closes them.
var reservations struct {
	sync.Mutex
	held []net.Listener
}

// isFree says whether the ports of a block can be taken.
func isFree(host string, first int) bool {
	for port := first; port < first+portBlock; port++ {
		c, err := net.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		c.Close()
	}
	return true
}

// sippLimit is when a sipp gives up, counted from its start: what a test does before it calls counts too.
const sippLimit = slower * time.Minute

// runSipp starts sipp for one call, whose messages it writes down.
func runSipp(t *testing.T, s *scenario, host string, args ...string) *sipp {
	t.Helper()
	log := filepath.Join(t.TempDir(), s.name+".log")
	return launchSipp(t, s, host, log, sippLimit+30*time.Second, append([]string{"-m", "1", "-trace_msg", "-message_file", log, "-timeout", fmt.Sprintf("%.0fs", sippLimit.Seconds()), "-timeout_error"}, args...)...)
}

// launchSipp starts sipp; after the limit it is killed, whatever it does.
func launchSipp(t *testing.T, s *scenario, host, log string, limit time.Duration, args ...string) *sipp {
	t.Helper()
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Skip("needs sipp (Debian: sip-tester)")
	}
	p := &sipp{t: t, port: freePort(t, host), out: &bytes.Buffer{}, done: make(chan error, 1), log: log}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	p.cmd = exec.CommandContext(ctx, "sipp", append([]string{
		"-sf", s.file(t), "-i", host, "-p", strconv.Itoa(p.port), "-mp", strconv.Itoa(p.port + 2),
		"-nostdin", "-trace_err", "-error_file", p.log + ".err",
	}, args...)...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	go func() {
		p.done <- p.cmd.Wait()
		cancel()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// callee runs a callee and waits until its port is taken.
func callee(t *testing.T, s *scenario, args ...string) *sipp {
	t.Helper()
	p := runSipp(t, s, "127.0.0.3", args...)
	p.listens()
	return p
}

// listens waits until a callee's port is taken.
func (p *sipp) listens() {
	t := p.t
	t.Helper()
	eventually(t, 10*time.Second, func() bool {
		c, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.3:%d", p.port))
		if err == nil {
			c.Close()
		}
		return err != nil
	}, func() string { return "sipp does not listen: " + p.out.String() })
}

// caller runs a caller that dials a number through the server.
func caller(t *testing.T, srv *server, s *scenario, number string, args ...string) *sipp {
	t.Helper()
	return runSipp(t, s, "127.0.0.2", append([]string{srv.udp, "-s", number}, args...)...)
}

// number dials a callee: 7 and its port.
func (p *sipp) number() string { return fmt.Sprintf("7%05d", p.port) }

// short dials a callee with a ring time of 2 s.
func (p *sipp) short() string { return fmt.Sprintf("6%05d", p.port) }

// wait expects the scenario to have gone as written.
func (p *sipp) wait() {
	p.t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("sipp: %v\n%s\n%s", err, tail(p.out.String()), p.messages())
		}
	case <-time.After(sippLimit + time.Minute):
		p.t.Errorf("sipp did not end\n%s", p.messages())
	}
}

func (p *sipp) messages() string {
	b, _ := os.ReadFile(p.log)
	e, _ := os.ReadFile(p.log + ".err")
	return string(e) + string(b)
}

func tail(s string) string {
	if len(s) > 1500 {
		return s[len(s)-1500:]
	}
	return s
}

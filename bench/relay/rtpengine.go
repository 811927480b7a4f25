package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// rtpengine is Debian's rtpengine as a relay: in user space (table -1), one thread for the packets, told of the calls by its ng protocol.
type rtpengine struct {
	cmd *exec.Cmd
	ng  *net.UDPConn
	n   int // commands asked: each has a cookie of its own, or the last answer comes again
}

// ngPort is where rtpengine is told what to do.
const ngPort = "22222"

func startRTPEngine(s settings) (*rtpengine, []string, error) {
	if _, err := exec.LookPath("rtpengine"); err != nil {
		return nil, nil, fmt.Errorf("rtpengine is missing (Debian's package rtpengine-daemon): %w", err)
	}
	args := []string{
		"--interface=127.0.0.1", "--listen-ng=127.0.0.1:" + ngPort, "--foreground", "--log-stderr", "--log-level=2", "--table=-1",
		"--num-threads=" + strconv.Itoa(s.workers), "--port-min=10000", "--port-max=29999", "--timeout=600", "--silent-timeout=600", "--pidfile=/dev/null", "--config-file=none",
	}
	cmd := pinned(0, "rtpengine", args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	ng, err := net.Dial("udp4", "127.0.0.1:"+ngPort)
	if err != nil {
		return nil, nil, err
	}
	r := &rtpengine{cmd: cmd, ng: ng.(*net.UDPConn)}
	if err := r.ready(); err != nil {
		r.stop()
		return nil, nil, err
	}
	lines, err := r.calls(s)
	if err != nil {
		r.stop()
		return nil, nil, err
	}
	return r, lines, nil
}

func (r *rtpengine) pid() int { return r.cmd.Process.Pid }

func (r *rtpengine) stop() {
	_ = r.ng.Close()
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

func (r *rtpengine) ready() error {
	for range 50 {
		if _, err := r.ask(map[string]string{"command": "ping"}, 100*time.Millisecond); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("rtpengine does not answer a ping")
}

// calls makes the calls, an offer and an answer each, and gives the two addresses of each: where the caller sends, where the callee sends.
func (r *rtpengine) calls(s settings) (lines []string, err error) {
	for i := range s.calls {
		id := "bench" + strconv.Itoa(i)
		offered, err := r.media(map[string]string{"command": "offer", "call-id": id, "from-tag": "a", "ICE": "remove", "sdp": sdp(s.port + 4*i)})
		if err != nil {
			return nil, err
		}
		answered, err := r.media(map[string]string{"command": "answer", "call-id": id, "from-tag": "a", "to-tag": "b", "ICE": "remove", "sdp": sdp(s.port + 4*i + 2)})
		if err != nil {
			return nil, err
		}
		lines = append(lines, answered+" "+offered)
	}
	return lines, nil
}

// sdp is a G.711 offer or answer of a party on loopback.
func sdp(port int) string {
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + strconv.Itoa(port) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
}

// media asks, and reads where the SDP of the answer wants RTP.
func (r *rtpengine) media(ask map[string]string) (string, error) {
	answer, err := r.ask(ask, time.Second)
	if err != nil {
		return "", err
	}
	_, after, found := strings.Cut(answer, "m=audio ")
	port, _, _ := strings.Cut(after, " ")
	if !found || port == "" {
		return "", fmt.Errorf("rtpengine answered %.200q, want an SDP", answer)
	}
	return "127.0.0.1:" + port, nil
}

// ask sends one command (a cookie and a bencoded dictionary) and hears the answer.
func (r *rtpengine) ask(fields map[string]string, wait time.Duration) (string, error) {
	var b bytes.Buffer
	r.n++
	fmt.Fprintf(&b, "%d_%d d", os.Getpid(), r.n)
	for k, v := range fields {
		fmt.Fprintf(&b, "%d:%s%d:%s", len(k), k, len(v), v)
	}
	b.WriteByte('e')
	if _, err := r.ng.Write(b.Bytes()); err != nil {
		return "", err
	}
	in := make([]byte, 8192)
	_ = r.ng.SetReadDeadline(time.Now().Add(wait))
	n, err := r.ng.Read(in)
	if err != nil {
		return "", err
	}
	answer := string(in[:n])
	if strings.Contains(answer, "5:error") {
		return "", fmt.Errorf("rtpengine: %.200q", answer)
	}
	return answer, nil
}

// pinned is a command on one core, where the machine has taskset and a second core for the parties.
func pinned(core int, name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath("taskset"); err != nil {
		return exec.Command(name, args...)
	}
	return exec.Command("taskset", append([]string{"-c", strconv.Itoa(core), name}, args...)...)
}

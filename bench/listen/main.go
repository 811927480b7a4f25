// Command listen measures `onhook listen`: HEP packets at a given rate, evenly
// spaced, from another core. They are calls of two legs, 13 messages each, that
// last a while, so that the listener has thousands of them open. It prints Markdown.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"onhook/bench/box"
	"onhook/bench/traffic"
	"onhook/capture"
	"onhook/sip"
)

var (
	rate    = flag.Int("rate", 50000, "HEP packets a second")
	seconds = flag.Int("seconds", 60, "how long: calls are handed out 32 s after their end")
	up      = flag.Int("up", 10000, "calls up at once")
	disk    = flag.Duration("disk", 0, "how much longer each wait for the disk takes; needs strace")
	program = flag.String("onhook", "", "the server's binary; empty: it is built")
)

func main() { box.PinnedMain("listen", run) }

func run() error {
	dir, err := os.MkdirTemp("", "onhook-listen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program, err = box.Program(*program, dir); err != nil {
		return err
	}
	port := box.FreePort()
	hep := fmt.Sprintf("udp://127.0.0.1:%d", port)
	said := filepath.Join(dir, "stderr")
	aside, err := os.Create(said)
	if err != nil {
		return err
	}
	words := []string{"-c", "0"}
	if *disk > 0 {
		// Only the calls named stop the process: the others cost what they did.
		words = append(words, "strace", "--seccomp-bpf", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync",
			"-e", fmt.Sprintf("inject=fdatasync,fsync:delay_enter=%d", disk.Microseconds()))
	}
	words = append(words, *program, "listen", "--hep", hep, "--data", filepath.Join(dir, "data"), "--every", "0")
	cmd := exec.Command("taskset", words...)
	cmd.Stderr = aside
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := waitFor(said, "listens for HEP"); err != nil {
		_ = syscall.Kill(box.Innermost(cmd.Process.Pid), syscall.SIGTERM) // strace leaves it behind
		box.End(cmd)
		return err
	}
	begun := time.Now()
	sent, err := send(port)
	took := time.Since(begun)
	time.Sleep(time.Second) // for what still waits in the socket
	pid := box.Innermost(cmd.Process.Pid)
	used, most := box.CPU(pid), peak(pid)
	_ = syscall.Kill(pid, syscall.SIGINT)
	if failed := cmd.Wait(); err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return report(said, sent, took, used, most)
}

// waitFor waits until a file holds a text.
func waitFor(file, text string) error {
	for range 3000 {
		b, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(b), text) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s: no %q in 30 s", file, text)
}

// send sends at the rate, a millisecond's packets at a time.
func send(port int) (sent int, err error) {
	c, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var src, dst []netip.AddrPort
	for i := range traffic.Steps {
		src = append(src, netip.MustParseAddrPort(traffic.Steps[i].From))
		dst = append(dst, netip.MustParseAddrPort(traffic.Steps[i].To))
	}
	var text, packet []byte
	begun := time.Now()
	total := *rate * *seconds
	for n := 0; ; n++ {
		for i := range traffic.Steps {
			k := n
			if traffic.Steps[i].Bye {
				k -= *up
			}
			if k < 0 {
				continue
			}
			text = traffic.Message(text[:0], k, i)
			it := capture.Item{Kind: capture.SIP, At: time.Now(), Transport: sip.UDP, Src: src[i], Dst: dst[i], Agent: capture.Agent{ID: 1}, Payload: text}
			if packet, err = capture.AppendHEP(packet[:0], &it, ""); err != nil {
				return sent, err
			}
			if _, err := c.Write(packet); err != nil {
				return sent, err
			}
			if sent++; sent >= total {
				return sent, nil
			}
			if sent%(*rate/1000) == 0 {
				time.Sleep(time.Until(begun.Add(time.Duration(sent) * time.Second / time.Duration(*rate))))
			}
		}
	}
}

// peak is the most memory that a process had, in kB.
func peak(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone: 0 tells
	for l := range strings.SplitSeq(string(b), "\n") {
		if v, ok := strings.CutPrefix(l, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(v), " kB"))
			return n
		}
	}
	return 0
}

var (
	packetsLine = regexp.MustCompile(`: (\d+) packets, (\d+) taken, (\d+) dropped`)
	callsLine   = regexp.MustCompile(`(?m)^(\d+) calls`)
)

// report reads what the listener said at its end.
func report(said string, sent int, took time.Duration, used float64, most int) error {
	b, err := os.ReadFile(said)
	if err != nil {
		return err
	}
	lines, calls := packetsLine.FindAllSubmatch(b, -1), callsLine.FindSubmatch(b)
	if lines == nil || calls == nil {
		return fmt.Errorf("the listener said\n%s", b)
	}
	taken := 0 // of all senders: what was dropped before it was read is of one without an id
	for _, p := range lines {
		n, _ := strconv.Atoi(string(p[2]))
		taken += n
	}
	got := float64(sent) / took.Seconds()
	slow := ""
	if *disk > 0 {
		slow = fmt.Sprintf(" on a disk that takes %s longer for each fdatasync (strace)", *disk)
	}
	fmt.Printf("# onhook listen\n\n%d HEP packets over UDP at %d a second, calls of two legs with 13 messages, %d up at once; each call analysed and stored durably%s. %s, %s/%s, listener on one core.\n\n", sent, *rate, *up, slow, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `%s`\n\n| packets a second | taken | lost | calls | CPU a packet, us | share of a core | most memory, MB |\n| --- | --- | --- | --- | --- | --- | --- |\n", box.Command("./listen"))
	fmt.Printf("| %.0f | %d | %d | %s | %.2f | %.0f %% | %d |\n", got, taken, sent-taken, calls[1], used*1e6/float64(sent), 100*used/took.Seconds(), most>>10)
	fmt.Printf("\nBar: 50,000 a second without a drop; %s.\n", map[bool]string{true: "held", false: "missed"}[taken == sent && got > 49500])
	if taken != sent {
		fmt.Printf("\nThe listener said:\n\n```\n%s```\n", b)
	}
	return nil
}

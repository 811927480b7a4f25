package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
	"onhook/store"
)

var (
	kills     = flag.Int("kills", 5, "how often TestChaos kills the server")
	rate      = flag.Int("rate", 40, "how many calls a second there are while it does")
	chaosSeed = flag.Uint64("chaos-seed", 0, "of the moments of TestChaos; 0: a new one each time")
	slack     = flag.Duration("chaos-slack", 5*time.Second, "how far the times of a record may be from those of the capture: sipp writes its log late on a busy machine; 1s on a quiet one")
)

// A chaos is a server under load that is killed again and again.
type chaos struct {
	*server
	callers []*sipp
	callees []*sipp
	lives   []time.Time // when each life of the server began
	kills   []time.Time // when each ended but the last
	rng     *rand.Rand
}

// chaosConfig has the server at one port for all its lives.
const chaosConfig = `
domain: example.com
listen: ["udp://127.0.0.1:%d", "tcp://127.0.0.1:0"]
rtp: {timeout: 60s}
timers: {t1: 200ms, ring: 20s}
trunks:
  - {name: sipp, address: "127.0.0.2:5099", sources: [127.0.0.2/32]}
routes:
  - {match: "7(\\d{5})", to: "sip:p@127.0.0.3:$1"}
  - {match: "600", to: echo}
`

// startChaos starts a server; disk, if there is one, makes the folder that it stores in.
func startChaos(t *testing.T, disk func(folder string)) *chaos {
	t.Helper()
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("again: go test ./e2e -run '%s$' -kills %d -rate %d -chaos-seed %d", t.Name(), *kills, *rate, seed)
	data := t.TempDir()
	c := &chaos{server: &server{t: t, data: data, apart: true}, rng: rand.New(rand.NewPCG(seed, 0))}
	if disk != nil {
		disk(filepath.Join(data, "store"))
	}
	c.conf = filepath.Join(data, "onhook.yaml")
	if err := os.WriteFile(c.conf, []byte(fmt.Sprintf(chaosConfig, freePort(t, "127.0.0.1"))), 0o600); err != nil {
		t.Fatal(err)
	}
	c.lives = append(c.lives, time.Now())
	c.run()
	t.Cleanup(c.stop)
	return c
}

// load begins calls of mixed endings, so many a second, until there were so
// many of each kind.
func (c *chaos) load(each int) {
	t := c.t
	t.Helper()
	steady := []string{"-m", "1000000", "-timeout", "7200s", "-recv_timeout", "30000"}
	answers := callee(t, answered(), steady...)
	hangsUp := callee(t, uasKeeping().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").pause(700*time.Millisecond).calleeBye().recv(200), steady...)
	busy := callee(t, uas().answer(486, "Busy Here").recvRequest("ACK"), steady...)
	rings := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK").respond(487, "Request Terminated", "").recvRequest("ACK"), steady...)
	c.callees = []*sipp{answers, hangsUp, busy, rings}
	kinds := []struct {
		s      *scenario
		number string
	}{
		{talk().pause(500 * time.Millisecond).bye().recv(200), answers.number()},
		{talk().pause(3 * time.Second).bye().recv(200), answers.number()},
		{talk().recvRequest("BYE").plain(200, "OK"), hangsUp.number()},
		{uac().recv(486, 100).ackFailed(), busy.number()},
		{uac().recv(180, 100).pause(300 * time.Millisecond).cancel().recv(200).recv(487).ackFailed(), rings.number()},
		{uac().recv(404, 100).ackFailed(), "4444444"},
		{talk().pause(200 * time.Millisecond).bye().recv(200), "600"},
	}
	for _, k := range kinds {
		// What fails for the kill is judged by the records, not by sipp.
		c.callers = append(c.callers, caller(t, c.server, k.s, k.number, "-m", strconv.Itoa(each), "-r", strconv.Itoa(max(1, *rate/len(kinds))),
			"-l", "2000", "-timeout", "7200s", "-recv_timeout", "9000"))
	}
}

// again kills the server as a crash would and starts it anew.
func (c *chaos) again() {
	c.kill()
	c.kills = append(c.kills, time.Now())
	time.Sleep(50 * time.Millisecond) // what it sent last is to be written down before the next life
	c.lives = append(c.lives, time.Now())
	c.run()
}

// quiet ends the load, and waits until every call is over.
func (c *chaos) quiet() {
	t := c.t
	t.Helper()
	for _, a := range c.callers {
		_ = a.cmd.Process.Signal(syscall.SIGUSR1) // no new calls; those that are up go on
	}
	for _, a := range c.callers {
		select {
		case <-a.done:
		case <-time.After(60 * time.Second):
			t.Errorf("a caller does not end:\n%s", tail(a.out.String()))
		}
	}
	for _, b := range c.callees {
		_ = b.cmd.Process.Kill()
	}
	// One whose BYE was lost in a kill has no peer any more: the promise of 5 s
	// is about calls that have ended.
	eventually(t, 60*time.Second, func() bool {
		out, err := exec.Command(binary, "calls", "live", "--data", filepath.Join(c.data, "store")).Output()
		return err == nil && strings.Contains(string(out), "No call is up")
	}, func() string { return "calls are still up:\n" + c.log.String() })
}

// trace is all that the callers wrote down.
func (c *chaos) trace() (all []seen) {
	for _, a := range c.callers {
		all = append(all, readTrace(c.t, a.log)...)
	}
	return all
}

// judge holds the records against the capture.
func (c *chaos) judge(calls map[string][]witness, recs []outcome.Record) {
	t := c.t
	t.Helper()
	records := map[string][]outcome.Record{}
	recovered := 0
	for _, r := range recs {
		if len(r.Legs) == 0 {
			t.Errorf("%s has no leg", r.ID)
			continue
		}
		id := r.Legs[0].SIPCallID
		records[id] = append(records[id], r)
		if r.Detail == "recovered" {
			recovered++
		}
		for _, p := range outcome.Check(r) {
			t.Errorf("%s: %s", r.ID, p)
		}
	}
	bad, invites := 0, 0
	for id, lives := range calls {
		for _, w := range lives {
			if w.any {
				invites++
			}
		}
		if problem := c.call(lives, records[id]); problem != "" {
			if bad++; bad <= 5 {
				t.Errorf("%s: %s\ncapture %s\nrecords %s", id, problem, lines(describeLives(lives)), lines(describeRecords(records[id])))
			}
		}
	}
	for id := range records {
		if calls[id] == nil {
			t.Errorf("a record of %s, which nobody sent", id)
		}
	}
	t.Logf("%d INVITEs answered in %d lives, %d records, %d of them closed after a kill, %d calls wrong", invites, len(c.lives), len(recs), recovered, bad)
	if recovered == 0 && len(c.kills) > 0 {
		t.Error("no kill met a call that was up: this shows nothing")
	}
	if bad > 5 {
		t.Errorf("%d calls are wrong in all", bad)
	}
}

func describeLives(lives []witness) (out []string) {
	const clock = "15:04:05.000"
	for i, w := range lives {
		if w != (witness{}) {
			out = append(out, fmt.Sprintf("life %d: %d INVITEs, answer seen %v, final %d at %s, over at %s", i, w.invites, w.any, w.final, w.answered.Format(clock), w.ended.Format(clock)))
		}
	}
	return out
}

func describeRecords(recs []outcome.Record) (out []string) {
	for _, r := range recs {
		out = append(out, fmt.Sprintf("%s began %v, answered %v, ended %v, final %d, %s %s", r.ID, r.StartedAt, r.AnsweredAt, r.EndedAt, r.SIPFinal, r.ByeReason, r.Detail))
	}
	return out
}

// call says what is wrong with the records of one Call-ID. In each life in
// which its INVITE got an answer there is one record, no more and no less; in
// one that ended before the answer there may be one.
func (c *chaos) call(lives []witness, recs []outcome.Record) string {
	used := make([]bool, len(recs))
	for i, w := range lives {
		n, which := 0, 0
		for k, r := range recs {
			if !r.StartedAt.Before(c.lives[i]) && (i+1 == len(c.lives) || r.StartedAt.Before(c.lives[i+1])) {
				n, which, used[k] = n+1, k, true
			}
		}
		switch {
		case w.any && n != 1:
			return fmt.Sprintf("life %d: %d records, want one", i, n)
		case n > 1 || n == 1 && w.invites == 0 && !w.any:
			return fmt.Sprintf("life %d: %d records of what was not answered", i, n)
		case n == 1 && w.any:
			if problem := c.record(i, w, recs[which]); problem != "" {
				return fmt.Sprintf("life %d: %s", i, problem)
			}
		}
	}
	for k := range recs {
		if !used[k] {
			return "a record from before the server began"
		}
	}
	return ""
}

// record says what is wrong with one record.
func (c *chaos) record(life int, w witness, r outcome.Record) string {
	if r.Detail == "recovered" {
		if life >= len(c.kills) {
			return "closed by recovery, but the server never died then"
		}
		if d := c.kills[life].Sub(r.EndedAt).Abs(); d > 5*time.Second {
			return fmt.Sprintf("the end is %v off the kill", d)
		}
		if r.Confidence == "certain" {
			return "a record that was closed by recovery is not certain"
		}
		return ""
	}
	if w.final != 0 && r.SIPFinal != w.final {
		return fmt.Sprintf("final %d, the capture has %d", r.SIPFinal, w.final)
	}
	if !w.answered.IsZero() {
		if r.AnsweredAt == nil {
			return "answered, the record says nothing of it"
		}
		if d := r.AnsweredAt.Sub(w.answered).Abs(); d > *slack {
			return fmt.Sprintf("answered %v off", d)
		}
	}
	if !w.ended.IsZero() {
		if d := r.EndedAt.Sub(w.ended).Abs(); d > *slack {
			return fmt.Sprintf("ended %v off", d)
		}
	}
	return ""
}

// all is every record there is.
func (c *chaos) all() (recs []outcome.Record) {
	t := c.t
	t.Helper()
	r, err := store.OpenReader(filepath.Join(c.data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for after := (store.Cursor{}); ; {
		p, err := r.List(store.Filter{}, after, store.MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, p.Records...)
		if !p.More {
			return recs
		}
		after = p.Next
	}
}

// TestChaos is the promise: for every INVITE that was answered there is exactly
// one record, though the server is killed at random moments.
func TestChaos(t *testing.T) {
	c := startChaos(t, nil)
	c.load(1_000_000)
	for range *kills {
		time.Sleep(300*time.Millisecond + time.Duration(c.rng.Int64N(int64(2*time.Second))))
		c.again()
	}
	time.Sleep(time.Second)
	c.quiet()
	c.judge(witnesses(c.trace(), c.lives), c.all())
}

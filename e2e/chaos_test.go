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
	tap     *tap        // nil: sipp writes down what is said
	begun   time.Time   // when the load began
	loaded  time.Duration
	rng     *rand.Rand
}

// chaosConfig has the server at one port for all its lives.
const chaosConfig = `
domain: example.com
listen: ["udp://127.0.0.1:%d", "tcp://127.0.0.1:0"]
api: {listen: "127.0.0.1:0"}
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
	c.tap = tapAt(t, c.udp)
	return c
}

// longestLoad is when a sipp is ended that nobody ends.
const longestLoad = 2 * time.Hour

// steady runs a sipp of the load.
func (c *chaos) steady(s *scenario, host string, args ...string) *sipp {
	c.t.Helper()
	log := filepath.Join(c.t.TempDir(), s.name+".log")
	if c.tap == nil {
		args = append(args, "-trace_msg", "-message_file", log)
	}
	return launchSipp(c.t, s, host, log, longestLoad, append([]string{"-m", "1000000", "-buff_size", "4000000"}, args...)...)
}

// callee runs one who is called by the load.
func (c *chaos) callee(s *scenario) *sipp {
	c.t.Helper()
	p := c.steady(s, "127.0.0.3", "-recv_timeout", "30000")
	p.listens()
	return p
}

// load begins calls of mixed endings, so many a second in all.
func (c *chaos) load() {
	t := c.t
	t.Helper()
	answers := c.callee(answered())
	hangsUp := c.callee(uasKeeping().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").pause(700 * time.Millisecond).calleeBye().recv(200))
	busy := c.callee(uas().answer(486, "Busy Here").recvRequest("ACK"))
	rings := c.callee(uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK").respond(487, "Request Terminated", "").recvRequest("ACK"))
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
	c.begun = time.Now()
	for i, k := range kinds {
		share := max(1, (*rate+i)/len(kinds)) // all together are rate
		// What fails for the kill is judged by the records, not by sipp.
		c.callers = append(c.callers, c.steady(k.s, "127.0.0.2", c.udp, "-s", k.number, "-r", strconv.Itoa(share), "-l", strconv.Itoa(40*share), "-recv_timeout", "9000"))
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
	c.loaded = time.Since(c.begun)
	for _, a := range c.callers {
		_ = a.cmd.Process.Signal(syscall.SIGUSR1) // no new calls; those that are up go on
	}
	for _, a := range c.callers {
		select {
		case <-a.done:
		case <-time.After(patient(60 * time.Second)):
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

// witnesses is what was said between callers and server.
func (c *chaos) witnesses() *witnesses {
	c.t.Helper()
	ws := newWitnesses(c.lives)
	if c.tap != nil {
		c.stop()
		c.tap.end()
		c.tap.read(ws.add)
		return ws
	}
	for _, a := range c.callers {
		readTrace(c.t, a.log, ws.add)
	}
	return ws
}

// longRun is how many kills make a run one whose load has to be what was asked
// for; in the suite others take the processor.
const longRun = 50

// judge holds the records against the capture.
func (c *chaos) judge(ws *witnesses, recs []outcome.Record) {
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
	bad, invites, ends := 0, 0, map[int]int{}
	for id, lives := range ws.calls {
		for _, w := range lives {
			if w.any {
				invites++
				ends[w.final]++
			}
		}
		if problem := c.call(ws, lives, records[id]); problem != "" {
			if bad++; bad <= 5 {
				t.Errorf("%s: %s\ncapture %s\nrecords %s", id, problem, lines(describeLives(lives)), lines(describeRecords(records[id])))
			}
		}
	}
	for id := range records {
		if ws.calls[id] == nil {
			t.Errorf("a record of %s, which nobody sent", id)
		}
	}
	second := float64(len(ws.calls)) / c.loaded.Seconds()
	t.Logf("%d calls begun in %.0f s, %.0f a second; %d INVITEs answered in %d lives, by final response %v; %d records, %d of them closed after a kill; %d calls wrong",
		len(ws.calls), c.loaded.Seconds(), second, invites, len(c.lives), ends, len(recs), recovered, bad)
	if recovered == 0 && len(c.kills) > 0 {
		t.Error("no kill met a call that was up: this shows nothing")
	}
	if bad > 5 {
		t.Errorf("%d calls are wrong in all", bad)
	}
	if len(c.kills) >= longRun && second < 0.9*float64(*rate) {
		t.Errorf("%.0f calls a second, want %d", second, *rate)
	}
}

func describeLives(lives []witness) (out []string) {
	const clock = "15:04:05.000"
	for _, w := range lives {
		if w != (witness{life: w.life}) {
			out = append(out, fmt.Sprintf("life %d: %d INVITEs, answer seen %v, final %d at %s, over at %s", w.life, w.invites, w.any, w.final, w.answered.Format(clock), w.ended.Format(clock)))
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
func (c *chaos) call(ws *witnesses, lives []witness, recs []outcome.Record) string {
	in := map[int][]outcome.Record{}
	for _, r := range recs {
		if r.StartedAt.Before(c.lives[0]) {
			return "a record from before the server began"
		}
		life := ws.lifeAt(r.StartedAt)
		in[life] = append(in[life], r)
	}
	for _, w := range lives {
		of := in[w.life]
		delete(in, w.life)
		switch {
		case w.any && len(of) != 1:
			return fmt.Sprintf("life %d: %d records, want one", w.life, len(of))
		case len(of) > 1 || len(of) == 1 && w.invites == 0 && !w.any:
			return fmt.Sprintf("life %d: %d records of what was not answered", w.life, len(of))
		case len(of) == 1 && w.any:
			if problem := c.record(w.life, w, of[0]); problem != "" {
				return fmt.Sprintf("life %d: %s", w.life, problem)
			}
		}
	}
	for life, of := range in {
		return fmt.Sprintf("life %d: %d records of a call that nobody sent", life, len(of))
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
	if r.AnsweredAt != nil && !w.answered.IsZero() && !w.ended.IsZero() {
		if d := (r.EndedAt.Sub(*r.AnsweredAt) - w.ended.Sub(w.answered)).Abs(); d > *slack {
			return fmt.Sprintf("lasted %v more or less than in the capture", d)
		}
	}
	return ""
}

// all is every record there is.
func (s *server) all() (recs []outcome.Record) {
	t := s.t
	t.Helper()
	r, err := store.OpenReader(filepath.Join(s.data, "store"))
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
	c.load()
	for range *kills {
		time.Sleep(300*time.Millisecond + time.Duration(c.rng.Int64N(int64(2*time.Second))))
		c.again()
	}
	time.Sleep(time.Second)
	c.quiet()
	c.judge(c.witnesses(), c.all())
}

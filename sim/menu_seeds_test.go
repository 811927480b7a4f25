package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/exchange"
	"onhook/route"
)

// A script menu: 1 leads to a phone, 2 to an announcement and the end, 3 rings a
// phone and comes back; three wrong or missing keys end it.
type menu struct{}

func (menu) Run(s app.Session) error {
	if err := s.Answer(); err != nil {
		return err
	}
	if err := s.Stage("menu"); err != nil {
		return err
	}
	for range 3 {
		if err := s.Node("main"); err != nil {
			return err
		}
		keys, err := s.Digits(app.DigitOptions{Max: 1, First: 6 * time.Second})
		if err != nil {
			return err
		}
		switch keys {
		case "1":
			return s.Transfer("sip:b@10.0.1.1")
		case "2":
			if err := s.Leaf("hours"); err != nil {
				return err
			}
			return s.Hangup("")
		case "3":
			if _, err := s.Dial(app.DialOptions{To: []string{"sip:b@10.0.1.1"}, Ring: 10 * time.Second}); err != nil {
				return err
			}
			if err := s.Stage("menu"); err != nil {
				return err
			}
		}
	}
	return s.Hangup("")
}

// press sends a key by SIP INFO, as phones do that have no RFC 4733.
func (c *Caller) press(now time.Time, key string) {
	if c.ended || c.toTag == "" {
		return
	}
	c.cseq++
	body := "Signal=" + key + "\r\nDuration=100\r\n"
	c.repeat(now, "INFO"+fmt.Sprint(c.cseq), c.Server, c.request("INFO", c.remote, c.branch(), c.cseq, c.toTag, "Content-Type: application/dtmf-relay\r\n", body), t2)
}

// runMenuSeed has a caller in a menu press what the seed says. It runs in a
// bubble, whose time follows that of the network: the application has a goroutine.
func runMenuSeed(seed uint64, without ...string) (w *World, p plan, bad []string) {
	r := rand.New(rand.NewPCG(seed, 5))
	p.faults = faultsOf(r).without(without)
	routes, err := route.New(route.Options{
		Rules: []route.Rule{{Match: "8", To: []route.Destination{{Kind: route.ToApp, Text: "menu:main"}}}},
		Apps:  []string{"menu:main"}, Local: []string{ServerAddr.Addr().String()},
	})
	if err != nil {
		panic(err)
	}
	var bub *bubble
	w = NewWorld(seed, p.faults, func(s *exchange.Settings) {
		s.Routes = routes
		s.App = func(string) app.App { return bub.count(menu{}) }
	})
	bub = w.live()
	a, b := w.Caller(fmt.Sprint("menu", seed), "8"), w.Callee(1)
	b.Ring, b.After, b.Final = spanOf(r, 2*time.Second), spanOf(r, 8*time.Second), []int{200, 200, 486, 0, 503}[r.IntN(5)]
	if r.IntN(2) == 0 {
		b.Talk = spanOf(r, 15*time.Second)
	}
	a.Talk = spanOf(r, 40*time.Second)
	var keys []string
	for at := time.Duration(0); len(keys) < 4; {
		at += spanOf(r, 8*time.Second)
		key := []string{"1", "2", "3", "9"}[r.IntN(4)]
		keys = append(keys, key)
		a.after(w.Net.Now, at, func(now time.Time) { a.press(now, key) })
	}
	p.name = fmt.Sprintf("menu, keys %s, the phone says %d, the caller goes after %v", strings.Join(keys, " "), b.Final, a.Talk)
	a.Start(w.Net.Now)
	w.Net.Run(Epoch.Add(90 * time.Second))
	w.Net.Faults = Faults{Delay: p.faults.Delay}
	w.Net.Run(Epoch.Add(6 * time.Minute))
	if a.toTag != "" && !a.ended {
		a.hangUp(w.Net.Now)
	}
	w.Net.Run(Epoch.Add(12 * time.Minute))
	bad = append(w.Check(), truths(w, a, b)...)
	return w, p, append(bad, bub.over()...)
}

// TestMenuSeeds: callers in a menu, who press, wait, and go, under faults of the
// network; the menu must not outlive its call.
func TestMenuSeeds(t *testing.T) {
	reasons := map[string]int{}
	run := inBubble(t, runMenuSeed)
	forSeeds(t, 200, run)
	for seed := range uint64(30) {
		w, _, _ := run(seed + 1)
		for _, s := range w.Saved {
			reasons[s.Record.ByeReason]++
		}
	}
	t.Logf("of 30 seeds: %v", reasons)
	if len(reasons) < 3 {
		t.Errorf("the seeds come to %v only: they show little", reasons)
	}
}

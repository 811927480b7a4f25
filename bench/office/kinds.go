package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"onhook/bench/box"
	"onhook/bench/voice"
)

// A kind is one thing that is measured: so many calls of each sort, nil: none.
type kind struct {
	name, title string
	beside      string // the kind that it is held against: relaying of about as many packets a second
	adds        bool   // these calls are relayed too: what counts is what is added to that
	relayed     *int
	recorded    *int
	messages    *int
	menus       *int
	queued      *int
	figures     []figure
}

func kinds() []*kind {
	return []*kind{
		{name: "relay", title: "relayed, two-way calls", relayed: menus},
		{name: "menu", title: "menus: played and received, keys looked for in the sound", beside: "relay", menus: menus},
		{name: "relay-few", title: "relayed, two-way calls", relayed: recorded},
		{name: "recorded", title: "recorded beside being relayed: both sides, to a WAV file as they come", beside: "relay-few", adds: true, recorded: recorded},
		{name: "message", title: "messages left: received, in order", beside: "relay-few", messages: menus},
		{name: "queue", title: "callers in one queue: music, announcements, agents who take them", beside: "relay", queued: callers},
		{name: "all", title: "the queue, the menus and the recorded calls at once", beside: "relay", queued: callers, menus: menus, recorded: recorded},
	}
}

// at is how many calls there are at once.
func (k *kind) at() (n int) {
	for _, c := range []*int{k.relayed, k.recorded, k.messages, k.menus, k.queued} {
		if c != nil {
			n += *c
		}
	}
	return n
}

// A figure is what one round of a kind came to.
type figure struct {
	us   float64 // microseconds a packet
	core float64
	lost int // calls that ended, or failed
	voice.Tally
}

// settle is how long calls are up before they are measured.
const settle = 3 * time.Second

// measure has the calls of a kind, measures them and ends them.
func (o *office) measure(ctx context.Context, k *kind) (f figure, err error) {
	var groups []*group
	defer func() {
		for _, g := range groups {
			g.end()
		}
	}()
	for _, c := range []struct {
		n      *int
		number string
		two    bool
	}{{k.relayed, "100", true}, {k.recorded, "101", true}, {k.messages, "300", false}, {k.menus, "200", false}} {
		if c.n == nil {
			continue
		}
		g, err := o.desk.calls(ctx, *c.n, c.number, c.two)
		if err != nil {
			return f, err
		}
		groups = append(groups, g)
	}
	var l *line
	if k.queued != nil {
		if l, err = o.desk.queue(ctx, *k.queued); err != nil {
			return f, err
		}
		defer l.end()
	}
	time.Sleep(settle)
	o.desk.hall.Begin()
	cpu, began := box.CPU(o.pid), time.Now()
	time.Sleep(*length)
	cpu, f.Tally = box.CPU(o.pid)-cpu, o.desk.hall.End()
	f.core = cpu / time.Since(began).Seconds()
	f.us = cpu * 1e6 / float64(max(f.Frames+f.Sent, 1))
	for _, g := range groups {
		f.lost += len(g.calls) - g.up()
	}
	if l != nil {
		f.lost += int(l.failed.Load())
	}
	return f, nil
}

// middle is the median of what the rounds of a kind came to.
func (k *kind) middle(of func(figure) float64) float64 {
	var v []float64
	for _, f := range k.figures {
		v = append(v, of(f))
	}
	slices.Sort(v)
	if len(v)%2 == 0 {
		return (v[len(v)/2-1] + v[len(v)/2]) / 2
	}
	return v[len(v)/2]
}

func micros(f figure) float64 { return f.us }

// report prints what was found, and whether all bars are held.
func report(all []*kind, memory int, answered int64) {
	fmt.Printf("## A small office and a call centre desk, on one core\n\nCalls over SIP through the whole server, with records and evidence. %d rounds of %s, all in turn; medians. %d agents talk %s each; places told every 20 s. %s, %s/%s, the server on one core, the parties on the other.\n\n",
		*rounds, *length, *seats, *talk, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `%s`\n\n| what | at once | CPU a packet, us | of a relayed packet | share of a core | frames heard | lost | later than 20 ms | missed | calls lost |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n", box.Command("./office"))
	held := true
	for _, k := range all {
		var sum voice.Heard
		lost := 0
		for _, f := range k.figures {
			sum.Add(f.Heard)
			lost += f.lost
		}
		us, ratio := k.middle(micros), "1.00"
		if k.beside != "" {
			relay := find(all, k.beside).middle(micros)
			if k.adds {
				us -= relay
			}
			ratio = fmt.Sprintf("%.2f", us/relay)
			held = held && us <= relay
		}
		held = held && sum.Missed() <= 0.1 && lost == 0
		fmt.Printf("| %s | %d | %.2f | %s | %.0f %% | %d | %d | %d | %.4f %% | %d |\n", k.title, k.at(), us, ratio, 100*k.middle(func(f figure) float64 { return f.core }),
			sum.Frames, sum.Lost, sum.Late, sum.Missed(), lost)
	}
	fmt.Printf("\nBar: each at most 1.0 of a relayed packet, no missed frames beyond 0.1 %%, no call lost; %s. Agents took %d callers. Resident memory at the end: %d kB. The CPU is all of the server's: signalling, records and media.\n",
		map[bool]string{true: "held", false: "missed"}[held], answered, memory)
}

func find(all []*kind, name string) *kind {
	for _, k := range all {
		if k.name == name {
			return k
		}
	}
	return nil
}

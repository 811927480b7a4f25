package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"onhook/digest"
	"onhook/sip"
)

func TestTheLanesAreDrainedInTheirOrder(t *testing.T) {
	r := newRig(t, nil)
	r.x.Packets([]Packet{{Flow: flowOf(trunkAddr), Data: []byte(request("OPTIONS", "1", "o", "", 1, ""))}})
	c := newCommand(func(*Exchange) { r.log = append(r.log, "command") })
	if err := r.x.box.command(c); err != nil {
		t.Fatal(err)
	}
	r.x.box.answer(answer{do: func(*Exchange) { r.log = append(r.log, "answer") }})
	r.turn()
	if want := []string{"answer", "command", "send 10.0.0.2:5060 SIP/2.0 200 OK"}; !slices.Equal(r.log, want) {
		t.Errorf("got %q, want %q", r.log, want)
	}
	select {
	case err := <-c.done:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("who gave the command was not told that it is done")
	}
}

func TestTheEndOfAFlowComesBehindItsPackets(t *testing.T) {
	var b mailbox
	b.wake = make(chan struct{}, 1)
	flow := sip.Flow{Transport: sip.TCP, Local: serverAddr, Remote: flowOf(phoneAddr).Remote, Conn: 3}
	b.answer(answer{})
	b.Packets([]Packet{{Flow: flow, Data: []byte("1")}, {Flow: flow, Data: []byte("2")}})
	gone := errors.New("gone")
	b.flowDown(flow, gone)
	a, _, p := b.take(nil, nil, nil)
	if len(a) != 1 || len(p) != 3 || string(p[0].Data) != "1" || string(p[1].Data) != "2" || !p[2].down || p[2].err != gone || p[2].Flow != flow {
		t.Errorf("got %d answers and %+v", len(a), p)
	}
}

func TestTheLastRegisterOnAFlowIsTakenBeforeItsEnd(t *testing.T) {
	r := newRig(t, nil)
	flow := sip.Flow{Transport: sip.TCP, Local: serverAddr, Remote: flowOf(trunkAddr).Remote, Conn: 3}
	text := strings.Replace(request("INVITE", "1", "tcp", "", 1, sdpText), "SIP/2.0/UDP", "SIP/2.0/TCP", 1)
	r.x.Packets([]Packet{{Flow: flow, Data: []byte(text)}})
	r.x.FlowDown(flow, errors.New("gone"))
	r.turn()
	if len(r.begun) != 1 {
		t.Errorf("%d calls have begun, want the one whose INVITE came before the end", len(r.begun))
	}
}

func TestNoMoreThanATurnsShareIsTaken(t *testing.T) {
	var b mailbox
	b.wake = make(chan struct{}, 1)
	for i := range 3 * maxTurn {
		b.Packets([]Packet{{Flow: flowOf(trunkAddr), Data: []byte(fmt.Sprint(i))}})
	}
	n := 0
	for turns := 1; ; turns++ {
		select {
		case <-b.wake:
		default:
			if n != 3*maxTurn || turns != 4 {
				t.Errorf("%d packets in %d turns", n, turns-1)
			}
			return
		}
		_, _, p := b.take(nil, nil, nil)
		for _, m := range p {
			if string(m.Data) != fmt.Sprint(n) {
				t.Fatalf("packet %s comes as number %d", m.Data, n)
			}
			n++
		}
	}
}

func TestTooManyCommandsAreBusy(t *testing.T) {
	var b mailbox
	b.wake = make(chan struct{}, 1)
	for i := range maxCommands {
		if err := b.command(newCommand(nil)); err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
	}
	if err := b.command(newCommand(nil)); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	// Answers are never dropped.
	for range 10 * maxCommands {
		b.answer(answer{})
	}
	if a, c, _ := b.take(nil, nil, nil); len(a) != 10*maxCommands || len(c) != maxCommands {
		t.Errorf("%d answers, %d commands", len(a), len(c))
	}
	b.close()
	if err := b.command(newCommand(nil)); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v, want ErrStopped", err)
	}
}

func TestAStreamsBatchIsTakenWholeOrNotAtAll(t *testing.T) {
	var b mailbox
	b.wake = make(chan struct{}, 1)
	flow := flowOf(trunkAddr)
	flow.Transport = sip.TCP
	batch := make([]Packet, 32)
	for i := range batch {
		batch[i] = Packet{Flow: flow, Data: make([]byte, 16<<10)}
	}
	n := 0
	for b.Packets(batch) {
		n++
	}
	if want := maxWaitingFlow / (32 * (16<<10 + onePacket)); n != want || b.packets.bytes != n*32*(16<<10+onePacket) || b.dropped != 0 {
		t.Errorf("%d batches taken, want %d; %d bytes, %d dropped", n, want, b.packets.bytes, b.dropped)
	}
	// Of datagrams those are lost that there is no room for.
	for i := range batch {
		batch[i].Flow.Transport = sip.UDP
	}
	room := maxWaitingFlow - b.packets.bytes
	fit := room / (16<<10 + onePacket)
	if ok := b.Packets(batch); ok != (fit > 0) || b.droppedPackets() != uint64(32-fit) {
		t.Errorf("taken %v, %d dropped, want %d", ok, b.droppedPackets(), 32-fit)
	}
}

// TestACommandThatIsGivenUpIsNeverDone: who asked has gone, and nothing may
// happen behind their back.
func TestACommandThatIsGivenUpIsNeverDone(t *testing.T) {
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := false
	if err := r.x.do(ctx, func(*Exchange) { done = true }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.turn()
	if done {
		t.Error("it was done after it had been given up")
	}
}

// TestACommandThatIsUnderWayIsWaitedFor: what it writes is read only after it.
func TestACommandThatIsUnderWayIsWaitedFor(t *testing.T) {
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	result, answer := 0, make(chan error)
	go func() {
		answer <- r.x.do(ctx, func(*Exchange) {
			cancel()
			result = 7
		})
	}()
	for result == 0 {
		<-r.x.box.wake
		r.turn()
	}
	if err := <-answer; err != nil {
		t.Errorf("it was done, and %v is told", err)
	}
}

// TestAnOptionsIsAnsweredInTheMiddleOfAFlood: at the first turn, though
// thousands of REGISTERs came before it; and nothing is held of those.
func TestAnOptionsIsAnsweredInTheMiddleOfAFlood(t *testing.T) {
	r := newRig(t, nil)
	const flooder, probe = "203.0.113.9:7000", "198.51.100.7:5060"
	flood := flowOf(flooder)
	n := 0
	for ; n < 20_000; n++ {
		text := strings.ReplaceAll(request("REGISTER", "1", fmt.Sprint("f", n), "", 1, ""), trunkAddr, flooder)
		if !r.x.Packets([]Packet{{Flow: flood, Data: []byte(text)}}) {
			break
		}
	}
	if n < 1000 || n == 20_000 {
		t.Fatalf("%d packets of one flow wait", n)
	}
	r.x.Packets([]Packet{{Flow: flowOf(probe), Data: []byte(strings.ReplaceAll(request("OPTIONS", "1", "o", "", 1, ""), trunkAddr, probe))}})
	r.turn()
	if m := r.last(probe); m.Status != 200 {
		t.Errorf("got %d", m.Status)
	}
	if len(r.sent) > maxTurn {
		t.Errorf("%d answers in one turn", len(r.sent))
	}
	for range n/maxTurn + 1 {
		r.turn()
	}
	if m := r.last(flooder); m.Status != 401 || len(r.sent) != n+1 {
		t.Errorf("%d answers to %d packets, the last is %d", len(r.sent), n+1, m.Status)
	}
	if s := r.x.ep.State(); s.Servers != 0 {
		t.Errorf("%d transactions of strangers are held", s.Servers)
	}
	r.idle()
}

func TestARepeatedRegisterWithWrongCredentialsIsCountedOnce(t *testing.T) {
	r := newRig(t, func(s *Settings) { s.Users = []User{{Name: "100"}} })
	const phone = "203.0.113.9:7000"
	text := strings.ReplaceAll(request("REGISTER", "100", "r", "", 1, ""), trunkAddr, phone)
	r.from(phone, text)
	wrong := digest.Credentials{User: "100", Password: "wrong"}
	_, value, _, err := wrong.Answer(r.last(phone), sip.REGISTER, "sip:100@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(request("REGISTER", "100", "r", "", 2, ""), trunkAddr, phone)
	text = strings.Replace(text, "Max-Forwards", "Authorization: "+value+"\r\nMax-Forwards", 1)
	for range 3 * failuresAllowed {
		r.from(phone, text)
	}
	if m := r.last(phone); m.Status != 401 {
		t.Errorf("a repeated request was counted as wrong credentials again: got %d", m.Status)
	}
	for _, f := range r.x.failures {
		if f.n != 1 {
			t.Errorf("%d failures are counted, want one", f.n)
		}
	}
	if len(r.x.failures) != 1 {
		t.Errorf("failures of %d sources are counted, want one", len(r.x.failures))
	}
}

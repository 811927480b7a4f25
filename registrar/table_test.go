package registrar

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const aor = "sip:100@example.com"

func register(cseq int, headers ...string) *sip.Message {
	m := &sip.Message{Method: sip.REGISTER, URI: "sip:example.com"}
	m.Add(sip.HCallID, "reg-1")
	m.Add(sip.HCSeq, fmt.Sprint(cseq, " REGISTER"))
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	return m
}

var flow = sip.Flow{Transport: sip.UDP, Remote: netip.MustParseAddrPort("192.0.2.9:5060")}

func ask(t *Table, now time.Time, m *sip.Message) (reply *sip.Message, did []ActionKind) {
	for _, a := range t.Step(nil, now, Input{Kind: InRegister, AOR: aor, Msg: m, Flow: flow}) {
		if a.Kind == ActReply {
			reply = a.Msg
			continue
		}
		did = append(did, a.Kind)
	}
	return reply, did
}

func contacts(t *Table, now time.Time) string {
	var out []string
	for b := range t.Lookup(now, aor) {
		out = append(out, b.Contact)
	}
	return strings.Join(out, " ")
}

func TestRegisterRefreshExpire(t *testing.T) {
	tab := New(epoch, Options{})
	r, did := ask(tab, epoch, register(1, "Contact", "<sip:100@192.0.2.9>", "Expires", "120"))
	if r.Status != 200 || len(did) != 1 || did[0] != ActAdded || r.Get(sip.HContact) != "<sip:100@192.0.2.9>;expires=120" {
		t.Fatalf("got %v, %v", r, did)
	}
	r, did = ask(tab, epoch.Add(100*time.Second), register(2, "Contact", "<sip:100@192.0.2.9>", "Expires", "120"))
	if r.Status != 200 || len(did) != 1 || did[0] != ActKept {
		t.Fatalf("got %v, %v", r, did)
	}
	if d := tab.Deadline(); !d.Equal(epoch.Add(220 * time.Second)) {
		t.Fatalf("deadline %v", d)
	}
	out := tab.Step(nil, epoch.Add(220*time.Second), Input{})
	if len(out) != 1 || out[0].Kind != ActExpired || tab.State() != 0 || len(tab.aors) != 0 || !tab.Deadline().IsZero() {
		t.Fatalf("got %v, %d left", out, tab.State())
	}
}

func TestSection10_2_QueryChangesNothing(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:100@192.0.2.9>;q=0.5"))
	r, did := ask(tab, epoch, register(2))
	if r.Status != 200 || did != nil || r.Get(sip.HContact) != "<sip:100@192.0.2.9>;q=0.5;expires=3600" {
		t.Errorf("got %v, %v", r, did)
	}
}

func TestSection10_3_HigherCSeqOrNothing(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(5, "Contact", "<sip:100@192.0.2.9>"))
	for _, cseq := range []int{5, 4} {
		r, did := ask(tab, epoch, register(cseq, "Contact", "<sip:new@192.0.2.9>, <sip:100@192.0.2.9>;expires=0"))
		if r.Status != 500 || did != nil || contacts(tab, epoch) != "sip:100@192.0.2.9" {
			t.Errorf("CSeq %d: got %d, %v: nothing of a failed request may happen", cseq, r.Status, did)
		}
	}
	other := register(1, "Contact", "<sip:100@192.0.2.9>;expires=0")
	other.Set(sip.HCallID, "after a restart of the phone")
	if r, did := ask(tab, epoch, other); r.Status != 200 || len(did) != 1 || did[0] != ActRemoved {
		t.Errorf("another Call-ID may do anything: got %v, %v", r, did)
	}
}

func TestSection10_2_2_StarNeedsExpiresZero(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:a@h>, <sip:b@h>"))
	for _, m := range []*sip.Message{
		register(2, "Contact", "*"),
		register(2, "Contact", "*", "Expires", "60"),
		register(2, "Contact", "*, <sip:c@h>", "Expires", "0"),
	} {
		if r, did := ask(tab, epoch, m); r.Status != 400 || did != nil {
			t.Errorf("got %d, %v", r.Status, did)
		}
	}
	r, did := ask(tab, epoch, register(2, "Contact", "*", "Expires", "0"))
	if r.Status != 200 || len(did) != 2 || r.Has(sip.HContact) || tab.State() != 0 {
		t.Errorf("got %v, %v", r, did)
	}
}

func TestTooBriefIsAnswered423(t *testing.T) {
	tab := New(epoch, Options{Min: 2 * time.Minute})
	r, did := ask(tab, epoch, register(1, "Contact", "<sip:a@h>;expires=119"))
	if r.Status != 423 || r.Get(sip.HMinExpires) != "120" || did != nil {
		t.Errorf("got %v, %v", r, did)
	}
}

func TestLongIsShortened(t *testing.T) {
	tab := New(epoch, Options{Max: 10 * time.Minute})
	if r, _ := ask(tab, epoch, register(1, "Contact", "<sip:a@h>;expires=4294967295")); r.Get(sip.HContact) != "<sip:a@h>;expires=600" {
		t.Errorf("got %q", r.Get(sip.HContact))
	}
}

func TestBestFirstThenLatest(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:low@h>;q=0.2, <sip:first@h>, <sip:second@h>, <sip:mid@h>;q=0.7"))
	if got := contacts(tab, epoch); got != "sip:second@h sip:first@h sip:mid@h sip:low@h" {
		t.Errorf("got %s", got)
	}
	ask(tab, epoch, register(2, "Contact", "<sip:low@h>;q=0.9"))
	if got := contacts(tab, epoch); got != "sip:second@h sip:first@h sip:low@h sip:mid@h" {
		t.Errorf("got %s", got)
	}
}

func TestSameURIWrittenOtherwiseIsOneBinding(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:100@Phone.Example.com>"))
	_, did := ask(tab, epoch, register(2, "Contact", "<sip:%3100@phone.example.com>"))
	if !slices.Equal(did, []ActionKind{ActRemoved, ActAdded}) || tab.State() != 1 {
		t.Errorf("got %v, %d bindings", did, tab.State())
	}
}

func TestRFC5626_SameInstanceReplacesItsContact(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", `<sip:100@192.0.2.9:1111>;+sip.instance="<urn:uuid:1>";reg-id=1`))
	ask(tab, epoch, register(2, "Contact", `<sip:100@192.0.2.9:2222>;+sip.instance="<urn:uuid:1>";reg-id=1`))
	if got := contacts(tab, epoch); got != "sip:100@192.0.2.9:2222" {
		t.Errorf("got %s", got)
	}
	ask(tab, epoch, register(3, "Contact", `<sip:100@192.0.2.9:3333>;+sip.instance="<urn:uuid:1>";reg-id=2`))
	if tab.State() != 2 {
		t.Errorf("another reg-id is another flow: got %d bindings", tab.State())
	}
}

func TestLimits(t *testing.T) {
	tab := New(epoch, Options{PerAOR: 2, All: 3})
	if r, _ := ask(tab, epoch, register(1, "Contact", "<sip:a@h>, <sip:b@h>, <sip:c@h>")); r.Status != 403 || tab.State() != 0 {
		t.Errorf("got %d, %d bindings", r.Status, tab.State())
	}
	ask(tab, epoch, register(1, "Contact", "<sip:a@h>, <sip:b@h>"))
	out := tab.Step(nil, epoch, Input{Kind: InRegister, AOR: "sip:2@example.com", Msg: register(1, "Contact", "<sip:a@h>, <sip:b@h>")})
	if out[0].Msg.Status != 503 {
		t.Errorf("got %d", out[0].Msg.Status)
	}
}

func TestBadContacts(t *testing.T) {
	tab := New(epoch, Options{})
	for _, v := range []string{"<sip:a@h", "<mailto:a@h>", "<sip:a@h>;q=7", "<>"} {
		if r, did := ask(tab, epoch, register(1, "Contact", v)); r.Status != 400 || did != nil {
			t.Errorf("%s: got %d", v, r.Status)
		}
	}
}

func TestPathGoesBackOnlyToWhoUnderstands(t *testing.T) {
	tab := New(epoch, Options{})
	r, _ := ask(tab, epoch, register(1, "Contact", "<sip:a@h>", "Path", "<sip:edge;lr>", "Supported", "path"))
	if r.Get(sip.HPath) != "<sip:edge;lr>" {
		t.Errorf("got %q", r.Get(sip.HPath))
	}
	for b := range tab.Lookup(epoch, aor) {
		if len(b.Path) != 1 || b.Path[0] != "<sip:edge;lr>" {
			t.Errorf("got %q", b.Path)
		}
	}
	if r, _ := ask(tab, epoch, register(2, "Contact", "<sip:a@h>", "Path", "<sip:edge;lr>")); r.Has(sip.HPath) {
		t.Error("Path must not go back")
	}
}

func TestLoadedBindingsExpireToo(t *testing.T) {
	tab := New(epoch, Options{})
	tab.Step(nil, epoch, Input{Kind: InLoad, Bindings: []Binding{
		{AOR: aor, Contact: "sip:old@h", Expires: epoch.Add(-time.Second), Q: 1000},
		{AOR: aor, Contact: "sip:live@h", Expires: epoch.Add(time.Minute), Q: 1000, Flow: flow},
		{AOR: aor, Contact: "sip:tcp@h", Expires: epoch.Add(time.Minute), Q: 900, Flow: sip.Flow{Transport: sip.TCP, Remote: flow.Remote, Conn: 9}},
	}})
	if got := contacts(tab, epoch); got != "sip:live@h sip:tcp@h" {
		t.Errorf("got %s", got)
	}
	if f := tab.aors[aor][0].Flow; f != flow {
		t.Errorf("a datagram flow is kept: got %v", f)
	}
	if f := tab.aors[aor][1].Flow; f != (sip.Flow{}) || len(tab.byConn) != 0 {
		t.Errorf("a stream is gone with the process that had it: got %v", f)
	}
}

// TestLoadedBindingsOfStreamsThatCannotBeOpenedAgain: after a restart as after the stream's end.
func TestLoadedBindingsOfStreamsThatCannotBeOpenedAgain(t *testing.T) {
	stream := sip.Flow{Transport: sip.TCP, Remote: flow.Remote, Conn: 9}
	tab := New(epoch, Options{})
	out := tab.Step(nil, epoch, Input{Kind: InLoad, Bindings: []Binding{
		{AOR: aor, Contact: "sip:nat@198.51.100.1", Expires: epoch.Add(time.Minute), Q: 1000, Flow: stream},
		{AOR: aor, Contact: "sip:ws@x.invalid", Expires: epoch.Add(time.Minute), Q: 1000, Flow: stream},
		{AOR: aor, Contact: "sip:here@" + flow.Remote.Addr().String(), Expires: epoch.Add(time.Minute), Q: 900, Flow: stream},
	}})
	if got, want := contacts(tab, epoch), "sip:here@"+flow.Remote.Addr().String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(out) != 2 || out[0].Kind != ActExpired || out[1].Kind != ActExpired {
		t.Errorf("got %+v, want the two that are gone", out)
	}
}

func TestManyExpireInOneSecond(t *testing.T) {
	const n = 100_000
	tab := New(epoch, Options{})
	for i := range n {
		tab.insert(Binding{AOR: fmt.Sprint("sip:", i), Contact: "sip:x@h", Expires: epoch.Add(time.Duration(i) * time.Microsecond)})
	}
	now := epoch.Add(time.Second)
	total := 0
	for !tab.Deadline().IsZero() && !tab.Deadline().After(now) {
		for range tab.Lookup(now, "sip:99999") {
			t.Fatal("what has expired is found")
		}
		out := tab.Step(nil, now, Input{})
		if len(out) == 0 || len(out) > mostExpired {
			t.Fatalf("%d in one step", len(out))
		}
		total += len(out)
	}
	if total != n || tab.State() != 0 || len(tab.aors) != 0 {
		t.Errorf("got %d expired, %d left", total, tab.State())
	}
}

func BenchmarkRefresh(b *testing.B) {
	tab := New(epoch, Options{})
	m := register(1, "Contact", "<sip:100@192.0.2.9>", "Expires", "120")
	out := make([]Action, 0, 4)
	b.ReportAllocs()
	for i := range b.N {
		m.Set(sip.HCSeq, fmt.Sprint(i+1, " REGISTER"))
		out = tab.Step(out[:0], epoch, Input{Kind: InRegister, AOR: aor, Msg: m, Flow: flow})
	}
}

// BenchmarkMemoryPerBinding reports the bytes of heap that a phone's binding keeps.
func BenchmarkMemoryPerBinding(b *testing.B) {
	const n = 50_000
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		tab := New(epoch, Options{})
		for i := range n {
			m := register(1, "Contact", fmt.Sprintf("<sip:%d@192.0.2.9:5060>;+sip.instance=\"<urn:uuid:0b1c2d3e-%d>\"", i, i), "Expires", "120", "User-Agent", "A Phone 1.2.3")
			m.Set(sip.HCallID, fmt.Sprintf("%d-0123456789abcdef0123@192.0.2.9", i))
			tab.Step(nil, epoch, Input{Kind: InRegister, AOR: fmt.Sprintf("sip:%d@example.com", i), Msg: m, Flow: flow})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/binding")
		runtime.KeepAlive(tab)
	}
}

package registrar

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// FuzzRegister: whatever the phones of an address of record say, one REGISTER after the
// other, its bindings stay within their bound, each is told of once when it comes and
// once when it goes, and what is answered is what is kept.
func FuzzRegister(f *testing.F) {
	head := func(cseq, more string) string {
		return "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK" + cseq + "\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: r\r\nCSeq: " + cseq + " REGISTER\r\n" + more + "\r\n"
	}
	const next = "\n====\n"
	f.Add(head("1", "Contact: <sip:a@h>;expires=60, sip:b@h;q=0.5;expires=9\r\n") + next + head("2", "Contact: *\r\nExpires: 0\r\n"))
	f.Add(head("1", "Contact: <sip:a@h;ob>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"\r\nSupported: path, outbound\r\nPath: <sip:p;lr;ob>\r\n") + next + head("2", "Contact: <sip:a@h>;reg-id=4294967296;+sip.instance=\"<urn:uuid:1>\"\r\n"))
	f.Add(head("2147483648", "Contact: <sip:a@h>\r\n") + next + head("1", "Contact: <sip:%61@H:5060>;expires=4294967296\r\nExpires: -1\r\n"))
	f.Add(head("1", "") + next + head("1", "Contact: *, <sip:a@h>\r\n") + next + head("3", "Contact: \"x\\\"<sip:c@h>;expires=\r\nContact: <tel:1>\r\n"))
	f.Fuzz(func(t *testing.T, text string) {
		now, tab, kept := epoch, New(epoch, Options{PerAOR: 3}), map[string]bool{}
		var out []Action
		for i, one := range strings.SplitN(text, next, 12) {
			m, err := sip.Parse([]byte(one))
			if err != nil || m.Method != sip.REGISTER {
				return
			}
			now = now.Add(time.Duration(i) * 20 * time.Second)
			flow := sip.Flow{Transport: sip.UDP, Conn: uint64(i % 3)}
			out = tab.Step(out[:0], now, Input{Kind: InRegister, AOR: "sip:a@example.com", Msg: m, Flow: flow})
			replies := 0
			for _, a := range out {
				switch key := a.Binding.Key(); a.Kind {
				case ActReply:
					replies++
					if a.Msg.Status < 200 || a.Msg.Status > 699 {
						t.Fatalf("%q is answered %d", one, a.Msg.Status)
					}
				case ActAdded:
					if kept[key] {
						t.Fatalf("%q is added a second time", key)
					}
					kept[key] = true
				case ActKept:
				case ActRemoved, ActExpired:
					if !kept[key] {
						t.Fatalf("%q is gone and never was there", key)
					}
					delete(kept, key)
				}
			}
			found := 0
			for b := range tab.Lookup(now, "sip:a@example.com") {
				found++
				if b.Expires.After(now.Add(time.Hour)) || !b.Expires.After(now) {
					t.Fatalf("%q expires at %v, it is %v", b.Contact, b.Expires, now)
				}
			}
			if replies != 1 || tab.State() != len(kept) || found > 3 {
				t.Fatalf("%d replies, %d bindings, %d known, %d found after\n%q", replies, tab.State(), len(kept), found, text)
			}
		}
		tab.Step(nil, now.Add(25*time.Hour), Input{Kind: InTick})
		if n := tab.State(); n != 0 || !tab.Deadline().IsZero() {
			t.Fatalf("%d bindings are left after a day", n)
		}
	})
}

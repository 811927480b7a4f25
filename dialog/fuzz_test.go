package dialog

import (
	"testing"
	"time"

	"onhook/sip"
)

// FuzzDialog plays any order of inputs: no panic, no tick that leaves its
// deadline where it was, at most one end, and after BYE and a long time nothing is left.
func FuzzDialog(f *testing.F) {
	f.Add(true, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(false, []byte{20, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	f.Add(true, []byte{3, 2, 21, 33, 5, 12, 2, 9, 7})
	f.Fuzz(func(t *testing.T, caller bool, ops []byte) {
		if len(ops) > 64 {
			return
		}
		b := newBench(t)
		b.opt.SessionExp = 100
		if caller {
			b.uac("sdp")
		} else {
			b.uas("sdp", "Supported: 100rel, timer")
		}
		ends, seq := 0, 20
		count := func(out []Action) {
			for _, a := range out {
				if a.Kind == ActTerminated {
					ends++
				}
			}
		}
		count(b.out)
		methods := []sip.Method{sip.INVITE, sip.UPDATE, sip.INFO, sip.BYE, sip.PRACK}
		codes := []int{100, 180, 183, 200, 401, 408, 422, 481, 486, 491, 500}
		for i, op := range ops {
			m := methods[int(op>>3)%len(methods)]
			code := codes[(int(op)+i)%len(codes)]
			seq++
			switch op % 9 {
			case 0:
				if b.last[m] != nil {
					count(b.resp(code, m, "sdp", "Min-SE: 120", "Require: 100rel", "RSeq: "+utoa(uint32(i+1))))
				}
			case 1:
				count(b.recv(m, seq, "sdp", "RAck: "+utoa(b.d.rel.rseq)+" "+utoa(b.d.rel.seq)+" INVITE"))
			case 2:
				for id := range b.open {
					_ = id
					count(b.answer(b.open[id].Method, code, "sdp", "reliable"))
					break
				}
			case 3:
				count(b.send(m, "sdp"))
			case 4:
				count(b.recv(sip.ACK, 10, "sdp"))
			case 5:
				b.until(b.at+time.Duration(op)*100*time.Millisecond, count)
			case 6:
				if b.last[m] != nil {
					count(b.step(Input{Kind: InTimeout, Msg: b.last[m], Name: "F"}))
				}
			case 7:
				count(b.send(sip.ACK, "sdp"))
			case 8:
				count(b.step(Input{Kind: []InputKind{InRelease, InOver}[i%2]}))
			}
		}
		count(b.step(Input{Kind: InRelease}))
		b.until(b.at+64*time.Second, count)
		for _, m := range methods {
			if b.last[m] != nil {
				count(b.step(Input{Kind: InTimeout, Msg: b.last[m], Name: "F"}))
			}
		}
		b.until(b.at+time.Hour, count)
		for id := range b.open {
			count(b.step(Input{Kind: InRespond, Txn: id, Msg: &sip.Message{Status: 500}}))
		}
		b.until(b.at+time.Hour, count)
		if b.d.State() != Terminated || ends != 1 {
			t.Errorf("after release and an hour: state %d, ended %d times, deadline %v", b.d.State(), ends, b.d.Deadline())
		}
	})
}

package demo

import "testing"

func TestAQuestionThatIsSentAgainIsOne(t *testing.T) {
	s := &sickTrunk{asked: map[string]bool{}, known: newGate()}
	ask := func(branch string) {
		s.count("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=" + branch + ";rport\r\n\r\n")
	}
	down := func() bool {
		select {
		case <-s.known.opened:
			return true
		default:
			return false
		}
	}
	for range 5 {
		ask("z9hG4bK1")
	}
	ask("z9hG4bK2")
	if down() {
		t.Error("two questions, one sent five times: the server does not know yet")
	}
	ask("z9hG4bK3")
	ask("z9hG4bK4")
	if !down() {
		t.Error("after three questions the server knows")
	}
}

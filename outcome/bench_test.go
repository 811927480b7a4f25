package outcome

import (
	"testing"
)

// plainCall is the 14 messages of a bridged call with what package call tells around them.
const plainCall = "in phone / stage routing / > 1 100 / out 2 phone / < 2 100 / < 2 180 / stage ringing / > 1 180 / < 2 200+sdp / > 2 ACK / > 1 200+sdp / bridge 2 / stage talking / < 1 ACK / < 1 BYE / > 1 200/BYE / > 2 BYE / < 2 200/BYE"

func BenchmarkFold(b *testing.B) {
	evs := events(&testing.T{}, plainCall)
	b.ReportAllocs()
	for b.Loop() {
		Fold(evs, Meta{ID: "call_1"})
	}
}

func BenchmarkVerdict(b *testing.B) {
	evs := events(&testing.T{}, "in phone / stage routing / > 1 100 / out 2 phone / < 2 100 / < 2 180 / stage ringing / > 1 180 / < 2 486 / > 2 ACK / ended 2")
	b.ReportAllocs()
	for b.Loop() {
		Verdict(evs, Meta{ID: "call_1"})
	}
}

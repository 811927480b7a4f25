package registrar

import (
	"iter"
	"slices"
	"time"
)

// Phones yields the live bindings of an address of record by the phone that they
// are to: the one to call it by, and the others, to be tried one after the other
// if that fails. RFC 5626 section 7: "The proxy MUST NOT populate the target set
// with more than one contact with the same AOR and instance-id at a time."
// A phone's best q comes first, then what it registered last; without an instance
// id each binding is a phone of its own. The order of phones is that of Lookup.
// Neither value is to be kept.
func (t *Table) Phones(now time.Time, aor string) iter.Seq2[*Binding, []*Binding] {
	return func(yield func(*Binding, []*Binding) bool) {
		var room [8]*Binding
		live := slices.AppendSeq(room[:0], t.Lookup(now, aor))
		for i, b := range live {
			switch {
			case b == nil: // another flow to a phone that has been yielded
			case b.Instance == "":
				if !yield(b, nil) {
					return
				}
			default:
				flows := takeFlows(live[i:])
				if !yield(flows[0], flows[1:]) {
					return
				}
			}
		}
	}
}

// takeFlows takes the bindings of the first one's instance out of the list, the best first.
func takeFlows(list []*Binding) []*Binding {
	flows := make([]*Binding, 0, 2)
	instance := list[0].Instance
	for i, b := range list {
		if b != nil && b.Instance == instance {
			flows, list[i] = append(flows, b), nil
		}
	}
	slices.SortStableFunc(flows, func(a, b *Binding) int {
		if a.Q != b.Q {
			return int(b.Q) - int(a.Q)
		}
		return b.Updated.Compare(a.Updated)
	})
	return flows
}

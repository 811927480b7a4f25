package store

// A pair is two dimensions that rollups are kept for together: what the calls of
// one value of the first add up to, by the values of the second. The dashboard of
// one trunk asks so, and would else go through all its calls.
type pair struct {
	first, second int64 // numbers of dimensions
	number        int64 // as a dimension's
}

// pairs are all of them: trunk and status, trunk and bye_reason.
var pairs = []pair{{6, 1, 20}, {6, 3, 21}}

// numbered is more than the greatest number of a dimension.
const numbered = 16

// pairOf finds the pair of two dimensions; nil: there is none.
func pairOf(first, second *dimension) *pair {
	for i := range pairs {
		if p := &pairs[i]; p.first == first.number && p.second == second.number {
			return p
		}
	}
	return nil
}

// joint is the value of a pair. A value of a dimension has no NUL in it.
func joint(first, second string) string { return first + "\x00" + second }

// numbers are those of everything that rollups are kept for.
func numbers() []int64 {
	out := []int64{0}
	for i := range dimensions {
		if n := dimensions[i].number; n > 0 {
			out = append(out, n)
		}
	}
	for i := range pairs {
		out = append(out, pairs[i].number)
	}
	return out
}

package config

import "strings"

// nearest finds the word that was probably meant, or none.
func nearest(got string, words []string) string {
	best, bestDistance := "", 3
	for _, w := range words {
		d := distance(fold(got), fold(w))
		// A third of the word may be wrong; more is another word.
		if d < bestDistance && 3*d <= max(len(got), len(w)) {
			best, bestDistance = w, d
		}
	}
	return best
}

// fold makes writings equal that people mix up.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// distance is how many characters must be put in, taken out, replaced or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	const limit = 64 // words of a configuration are short; longer ones are not compared
	if len(a) > limit || len(b) > limit {
		return limit
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = last, row, before
	}
	return rows[1][len(b)]
}

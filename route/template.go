package route

import (
	"fmt"
	"strconv"
	"strings"
)

// A piece of a template: text to copy, or a group of the pattern to fill in.
type piece struct {
	text  string
	group int // -1: text
}

// A template is a text with the groups of a pattern in it.
//
// regexp's own Expand reads $1x as a group named 1x and fills in nothing; a
// number plan needs $10 after one group to be the group and a nought.
type template []piece

// parseTemplate reads a template for a pattern of the given number of groups.
// $N takes as many digits as name a group that exists.
func parseTemplate(s string, groups int) (template, error) {
	var out template
	text := func(t string) {
		if n := len(out); n > 0 && out[n-1].group < 0 {
			out[n-1].text += t
			return
		}
		out = append(out, piece{text: t, group: -1})
	}
	for s != "" {
		at := strings.IndexByte(s, '$')
		if at < 0 {
			text(s)
			break
		}
		if at > 0 {
			text(s[:at])
		}
		rest := s[at+1:]
		if strings.HasPrefix(rest, "$") {
			text("$")
			s = rest[1:]
			continue
		}
		number, width, ok := groupNumber(rest, groups)
		if !ok {
			return nil, fmt.Errorf("%q: a dollar sign must be followed by the number of a group or by another dollar sign", s[at:])
		}
		if number > groups {
			return nil, fmt.Errorf("%q names group %d, but the pattern has %s", s[at:], number, countGroups(groups))
		}
		out = append(out, piece{group: number})
		s = rest[width:]
	}
	return out, nil
}

// groupNumber reads N or {N} at the start of s and says how many bytes it took.
func groupNumber(s string, groups int) (number, width int, ok bool) {
	if inner, found := strings.CutPrefix(s, "{"); found {
		digits, _, closed := strings.Cut(inner, "}")
		n, err := strconv.ParseUint(digits, 10, 16)
		return int(n), len(digits) + 2, closed && err == nil
	}
	for width < len(s) && s[width] >= '0' && s[width] <= '9' {
		next := number*10 + int(s[width]-'0')
		if width > 0 && next > groups {
			break
		}
		number = next
		width++
	}
	return number, width, width > 0
}

func countGroups(n int) string {
	switch n {
	case 0:
		return "no groups (write them in brackets)"
	case 1:
		return "1 group"
	}
	return strconv.Itoa(n) + " groups"
}

// expand fills the groups in, as they are. m is the result of
// FindStringSubmatchIndex over number.
func (t template) expand(number string, m []int) string {
	if len(t) == 1 && t[0].group < 0 {
		return t[0].text
	}
	var b strings.Builder
	for _, p := range t {
		if p.group < 0 {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(group(number, m, p.group))
	}
	return b.String()
}

// group is what group n matched; a group that took no part is empty.
func group(number string, m []int, n int) string {
	if 2*n+1 >= len(m) || m[2*n] < 0 {
		return ""
	}
	return number[m[2*n]:m[2*n+1]]
}

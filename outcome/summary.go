package outcome

import "strconv"

// summary says in one or two plain sentences what happened, who ended it, what
// proves it and what to do next.
func (s *scan) summary(d *decision) string {
	b := make([]byte, 0, 320)
	w := &words[d.reason]
	b = append(b, d.status.String()...)
	b = append(b, ": "...)
	b = append(b, lowerFirst(w.Definition)...)
	b = append(b, ' ')
	b = appendWho(b, d.by)
	if d.because != "" {
		b = append(b, "; proof: "...)
		b = append(b, d.because...)
		if d.at.seq != 0 {
			b = append(b, " (event "...)
			b = strconv.AppendUint(b, uint64(d.at.seq), 10)
			if d.at.leg != 0 {
				b = append(b, ", leg "...)
				b = strconv.AppendUint(b, uint64(d.at.leg), 10)
			}
			b = append(b, ')')
		}
	}
	b = append(b, '.')
	if d.detail != "" {
		b = append(b, " Detail: "...)
		b = append(b, d.detail...)
		b = append(b, '.')
	}
	if w.Remedy != nothingToDo {
		b = append(b, " Next: "...)
		b = append(b, lowerFirst(w.Remedy)...)
	}
	return string(b)
}

// nothingToDo is the remedy of a call that went well.
const nothingToDo = "Nothing to do."

func appendWho(b []byte, by EndedBy) []byte {
	switch by {
	case ByCaller:
		return append(b, "The caller ended it"...)
	case ByCallee:
		return append(b, "The called side ended it"...)
	case ByPlatform:
		return append(b, "The server ended it"...)
	case ByNetwork:
		return append(b, "The network ended it"...)
	}
	return append(b, "Who ended it is not known"...)
}

// lowerFirst makes a sentence the continuation of another, names such as SIP excepted.
func lowerFirst(s string) string {
	if len(s) < 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

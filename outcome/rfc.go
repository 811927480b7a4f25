package outcome

import "strconv"

// rfcStatus holds what a cause gives in RFC 3398 section 7.2.4.1 and RFC 4497
// section 8.4.1, Table 1; 0: 500, their default. Where the two part, or a cause
// has a condition, rfcStatusWords says so.
var rfcStatus = [128]uint16{
	1: 404, 2: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 27: 502, 28: 484, 29: 501,
	34: 503, 38: 503, 41: 503, 42: 503, 47: 503, 55: 403, 57: 403, 58: 503, 65: 488, 69: 501, 70: 488, 79: 501,
	87: 403, 88: 503, 102: 504, 111: 500, 127: 500,
}

func rfcStatusOf(cause uint8) int {
	if code := rfcStatus[cause]; code != 0 {
		return int(code)
	}
	return 500
}

func rfcStatusWords(cause uint8) string {
	switch cause {
	case 21:
		return "RFC 3398 and RFC 4497 give 403, and 603 only where the location is the user"
	case 44:
		return "RFC 3398 gives no code (the gateway tries another channel), RFC 4497 congestion or 500"
	case 69:
		return "RFC 3398 gives 500, its default; RFC 4497 gives 501"
	}
	text := "RFC 3398 and RFC 4497 give " + strconv.Itoa(rfcStatusOf(cause))
	if rfcStatus[cause] == 0 {
		text += ", their default"
	}
	return text
}

// rfcCause holds what a final response gives in RFC 3398 section 8.2.6.1 and
// RFC 4497 section 8.4.4, Table 2. A code that is missing gives 31.
var rfcCause = map[int]int{
	400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127, 415: 79, 416: 127,
	420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 500: 41, 501: 79, 502: 38, 503: 41,
	504: 102, 505: 127, 513: 127, 600: 17, 603: 21, 604: 1,
}

func rfcCauseOf(code int) int {
	if cause := rfcCause[code]; cause != 0 {
		return cause
	}
	return 31
}

func rfcCauseWords(code int) string {
	switch code {
	case 487:
		return "RFC 3398 gives no cause, RFC 4497 31"
	case 488, 606:
		return "RFC 3398 and RFC 4497 give 31, or 65 where a Warning speaks of the media"
	}
	text := "RFC 3398 and RFC 4497 give cause " + strconv.Itoa(rfcCauseOf(code))
	if rfcCause[code] == 0 {
		text += ", their default"
	}
	return text
}

// RFCNotes says where the reason's mapping differs from RFC 3398 (ISUP) and
// RFC 4497 (QSIG), a sentence each; nil: nowhere.
func (r Reason) RFCNotes() []string {
	var out []string
	t := &table[r]
	for _, cause := range t.in {
		if t.wire == 0 {
			continue // never a refusal: both RFCs make a BYE or a CANCEL of cause 16
		}
		if rfc := rfcStatusOf(cause); rfc != int(t.wire) || t.code != 0 && rfc != int(t.code) || cause == 44 || cause == 69 {
			here := "sent " + digits(int(t.wire))
			if t.code != 0 && t.code != t.wire {
				here = "shown " + digits(int(t.code)) + ", " + here
			}
			out = append(out, "Cause "+strconv.Itoa(int(cause))+" is "+here+" here; "+rfcStatusWords(cause)+".")
		}
	}
	for code := 400; code <= 699; code++ {
		if from := r.from(code); from != "" && int(t.out) != rfcCauseOf(code) {
			out = append(out, strconv.Itoa(code)+from+" gives cause "+digits(int(t.out))+" here; "+rfcCauseWords(code)+".")
		}
	}
	return out
}

// from says from whom a bare code gives this reason; empty: from nobody, or
// the rules do not name the code.
func (r Reason) from(code int) string {
	if !listed(code) {
		return ""
	}
	all, words := true, ""
	for _, s := range bareSenders {
		got, _ := reasonOfCode(code, s.sender)
		if got != r {
			all = false
			continue
		}
		if words != "" {
			words += " or"
		}
		words += " from " + article(s.name)
	}
	if all {
		return " received"
	}
	if words != "" {
		words = " received" + words
	}
	return words
}

func article(name string) string {
	if name[0] == 'a' {
		return "an " + name
	}
	return "a " + name
}

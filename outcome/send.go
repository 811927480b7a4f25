package outcome

import (
	"strconv"

	"onhook/call"
	"onhook/sip"
)

// trunkAlerted is how the SIP cause in a BYE is read.
var trunkAlerted = sender{peer: call.PeerTrunk, alerted: true}

// Elsewhere is the Reason of the CANCEL of a branch that lost to another one.
const Elsewhere = `SIP;cause=200;text="Call completed elsewhere"`

// String prints a Q.850 value as we pass it on.
func (v value) String() string { return "Q.850" + v.tail() }

// tail prints what follows the protocol's name.
func (v value) tail() string {
	b := strconv.AppendInt(append(make([]byte, 0, 64), ";cause="...), int64(v.cause), 10)
	if v.text != "" {
		b = sip.AppendQuoted(append(b, ";text="...), v.text)
	}
	if v.location != "" && token(v.location) {
		b = append(append(b, ";location="...), v.location...)
	}
	return string(b)
}

func token(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z') && !('0' <= s[i] && s[i] <= '9') && s[i] != '-' {
			return false
		}
	}
	return true
}

// Header returns the Reason header's value for a reason of our own, empty
// where the table has no cause for it.
func (r Reason) Header() string { return ownHeaders[r] }

// ownHeaders holds them, printed once.
var ownHeaders = func() (t [numReasons]string) {
	for r := range table {
		if c := table[r].out; c != 0 {
			t[r] = "Q.850;cause=" + strconv.Itoa(int(c)) + `;text="` + table[r].text + `"`
		}
	}
	return t
}()

// phrases are the reason phrases of the codes that we send ourselves.
var phrases = map[int]string{
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large",
	414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief", 430: "Flow Failed",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
	484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	491: "Request Pending", 493: "Undecipherable", 500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable", 607: "Unwanted", 608: "Rejected",
}

// phrase returns the reason phrase of a code (RFC 3261 section 21).
func phrase(code int) string {
	if p := phrases[code]; p != "" {
		return p
	}
	return [...]string{"Redirection", "Client Error", "Server Error", "Global Failure"}[min(max(code/100-3, 0), 3)]
}

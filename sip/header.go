package sip

// A HeaderID names a header that the server knows; Other is any other one.
type HeaderID uint8

// The headers that the server reads or writes.
const (
	Other HeaderID = iota
	HAccept
	HAcceptEncoding
	HAcceptLanguage
	HAlertInfo
	HAllow
	HAllowEvents
	HAuthenticationInfo
	HAuthorization
	HCallID
	HCallInfo
	HContact
	HContentDisposition
	HContentEncoding
	HContentLanguage
	HContentLength
	HContentType
	HCSeq
	HDate
	HDiversion
	HErrorInfo
	HEvent
	HExpires
	HFrom
	HHistoryInfo
	HIdentity
	HInReplyTo
	HMaxForwards
	HMIMEVersion
	HMinExpires
	HMinSE
	HOrganization
	HPAssertedIdentity
	HPPreferredIdentity
	HPath
	HPriority
	HPrivacy
	HProxyAuthenticate
	HProxyAuthorization
	HProxyRequire
	HRAck
	HRecordRoute
	HReason
	HReferTo
	HReferredBy
	HReplaces
	HReplyTo
	HRequire
	HRetryAfter
	HRoute
	HRSeq
	HServer
	HServiceRoute
	HSessionExpires
	HSessionID
	HSubject
	HSubscriptionState
	HSupported
	HTimestamp
	HTo
	HUnsupported
	HUserAgent
	HVia
	HWarning
	HWWWAuthenticate
	HXCID
	numHeaders
)

// A Header is one header line. Value is unfolded and trimmed; a line that
// holds several comma-separated values stays one Header.
type Header struct {
	ID    HeaderID
	Name  string // as written; empty if it is spelled as ID's own name, which is printed then
	Value string
}

// Title returns the header's name as it is printed.
func (h *Header) Title() string {
	if h.Name != "" {
		return h.Name
	}
	return h.ID.String()
}

type headerInfo struct {
	name    string
	compact byte // RFC 3261 section 7.3.3; 0: none
	single  bool // may stand once
}

var headerTable = [numHeaders]headerInfo{
	HAccept: {"Accept", 0, false}, HAcceptEncoding: {"Accept-Encoding", 0, false}, HAcceptLanguage: {"Accept-Language", 0, false},
	HAlertInfo: {"Alert-Info", 0, false}, HAllow: {"Allow", 0, false}, HAllowEvents: {"Allow-Events", 'u', false},
	HAuthenticationInfo: {"Authentication-Info", 0, false}, HAuthorization: {"Authorization", 0, false}, HCallID: {"Call-ID", 'i', true},
	HCallInfo: {"Call-Info", 0, false}, HContact: {"Contact", 'm', false}, HContentDisposition: {"Content-Disposition", 0, true},
	HContentEncoding: {"Content-Encoding", 'e', false}, HContentLanguage: {"Content-Language", 0, false}, HContentLength: {"Content-Length", 'l', true},
	HContentType: {"Content-Type", 'c', true}, HCSeq: {"CSeq", 0, true}, HDate: {"Date", 0, true}, HDiversion: {"Diversion", 0, false},
	HErrorInfo: {"Error-Info", 0, false}, HEvent: {"Event", 'o', true}, HExpires: {"Expires", 0, true}, HFrom: {"From", 'f', true},
	HHistoryInfo: {"History-Info", 0, false}, HIdentity: {"Identity", 'y', false}, HInReplyTo: {"In-Reply-To", 0, false},
	HMaxForwards: {"Max-Forwards", 0, true}, HMIMEVersion: {"MIME-Version", 0, true}, HMinExpires: {"Min-Expires", 0, true},
	HMinSE: {"Min-SE", 0, true}, HOrganization: {"Organization", 0, true}, HPAssertedIdentity: {"P-Asserted-Identity", 0, false},
	HPPreferredIdentity: {"P-Preferred-Identity", 0, false}, HPath: {"Path", 0, false}, HPriority: {"Priority", 0, true}, HPrivacy: {"Privacy", 0, false},
	HProxyAuthenticate: {"Proxy-Authenticate", 0, false}, HProxyAuthorization: {"Proxy-Authorization", 0, false}, HProxyRequire: {"Proxy-Require", 0, false},
	HRAck: {"RAck", 0, true}, HRecordRoute: {"Record-Route", 0, false}, HReason: {"Reason", 0, false}, HReferTo: {"Refer-To", 'r', true},
	HReferredBy: {"Referred-By", 'b', true}, HReplaces: {"Replaces", 0, true}, HReplyTo: {"Reply-To", 0, true}, HRequire: {"Require", 0, false},
	HRetryAfter: {"Retry-After", 0, true}, HRoute: {"Route", 0, false}, HRSeq: {"RSeq", 0, true}, HServer: {"Server", 0, true},
	HServiceRoute: {"Service-Route", 0, false}, HSessionExpires: {"Session-Expires", 'x', true}, HSessionID: {"Session-ID", 0, true},
	HSubject: {"Subject", 's', true}, HSubscriptionState: {"Subscription-State", 0, true}, HSupported: {"Supported", 'k', false},
	HTimestamp: {"Timestamp", 0, true}, HTo: {"To", 't', true}, HUnsupported: {"Unsupported", 0, false}, HUserAgent: {"User-Agent", 0, true},
	HVia: {"Via", 'v', false}, HWarning: {"Warning", 0, false}, HWWWAuthenticate: {"WWW-Authenticate", 0, false}, HXCID: {"X-CID", 0, true},
}

// String returns the header's name as it is printed.
func (id HeaderID) String() string {
	if id < numHeaders {
		return headerTable[id].name
	}
	return ""
}

// LookupHeader returns the id of a header name, full or compact, in any case.
func LookupHeader(name string) HeaderID {
	switch len(name) {
	case 0:
		return Other
	case 1:
		if c := name[0] | 0x20; 'a' <= c && c <= 'z' && name[0] < 0x80 {
			return byCompact[c-'a']
		}
		return Other
	}
	id := byHash[hashName(name)]
	if t := headerTable[id].name; t == name || len(t) == len(name) && equalFold(t, name) {
		return id
	}
	return Other
}

// hashName gives each known name, in any case, a place of its own in byHash; a test holds that.
func hashName(s string) uint8 {
	return uint8(41*len(s) + 16*int(s[0]|0x20) + 34*int(s[len(s)/2]|0x20))
}

var byHash = func() (t [256]HeaderID) {
	for id := HAccept; id < numHeaders; id++ {
		t[hashName(headerTable[id].name)] = id
	}
	return t
}()

var byCompact = func() (t [26]HeaderID) {
	for id := HAccept; id < numHeaders; id++ {
		if c := headerTable[id].compact; c != 0 {
			t[c-'a'] = id
		}
	}
	return t
}()

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if 'A' <= x && x <= 'Z' {
			x |= 0x20
		}
		if 'A' <= y && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}

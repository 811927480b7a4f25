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
	Name  string // as written; empty in a message built here: then ID's own name is printed
	Value string
}

type headerInfo struct {
	name    string
	compact byte // RFC 3261 section 7.3.3; 0: none
}

var headerTable = [numHeaders]headerInfo{
	HAccept: {"Accept", 0}, HAcceptEncoding: {"Accept-Encoding", 0}, HAcceptLanguage: {"Accept-Language", 0},
	HAlertInfo: {"Alert-Info", 0}, HAllow: {"Allow", 0}, HAllowEvents: {"Allow-Events", 'u'},
	HAuthenticationInfo: {"Authentication-Info", 0}, HAuthorization: {"Authorization", 0}, HCallID: {"Call-ID", 'i'},
	HCallInfo: {"Call-Info", 0}, HContact: {"Contact", 'm'}, HContentDisposition: {"Content-Disposition", 0},
	HContentEncoding: {"Content-Encoding", 'e'}, HContentLanguage: {"Content-Language", 0}, HContentLength: {"Content-Length", 'l'},
	HContentType: {"Content-Type", 'c'}, HCSeq: {"CSeq", 0}, HDate: {"Date", 0}, HDiversion: {"Diversion", 0},
	HErrorInfo: {"Error-Info", 0}, HEvent: {"Event", 'o'}, HExpires: {"Expires", 0}, HFrom: {"From", 'f'},
	HHistoryInfo: {"History-Info", 0}, HIdentity: {"Identity", 'y'}, HInReplyTo: {"In-Reply-To", 0},
	HMaxForwards: {"Max-Forwards", 0}, HMIMEVersion: {"MIME-Version", 0}, HMinExpires: {"Min-Expires", 0},
	HMinSE: {"Min-SE", 0}, HOrganization: {"Organization", 0}, HPAssertedIdentity: {"P-Asserted-Identity", 0},
	HPPreferredIdentity: {"P-Preferred-Identity", 0}, HPath: {"Path", 0}, HPriority: {"Priority", 0}, HPrivacy: {"Privacy", 0},
	HProxyAuthenticate: {"Proxy-Authenticate", 0}, HProxyAuthorization: {"Proxy-Authorization", 0}, HProxyRequire: {"Proxy-Require", 0},
	HRAck: {"RAck", 0}, HRecordRoute: {"Record-Route", 0}, HReason: {"Reason", 0}, HReferTo: {"Refer-To", 'r'},
	HReferredBy: {"Referred-By", 'b'}, HReplaces: {"Replaces", 0}, HReplyTo: {"Reply-To", 0}, HRequire: {"Require", 0},
	HRetryAfter: {"Retry-After", 0}, HRoute: {"Route", 0}, HRSeq: {"RSeq", 0}, HServer: {"Server", 0},
	HServiceRoute: {"Service-Route", 0}, HSessionExpires: {"Session-Expires", 'x'}, HSessionID: {"Session-ID", 0},
	HSubject: {"Subject", 's'}, HSubscriptionState: {"Subscription-State", 0}, HSupported: {"Supported", 'k'},
	HTimestamp: {"Timestamp", 0}, HTo: {"To", 't'}, HUnsupported: {"Unsupported", 0}, HUserAgent: {"User-Agent", 0},
	HVia: {"Via", 'v'}, HWarning: {"Warning", 0}, HWWWAuthenticate: {"WWW-Authenticate", 0}, HXCID: {"X-CID", 0},
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
	if len(name) == 1 {
		c := name[0] | 0x20
		for id := range headerTable {
			if headerTable[id].compact == c {
				return HeaderID(id)
			}
		}
		return Other
	}
	for id := range headerTable {
		if t := headerTable[id].name; len(t) == len(name) && equalFold(t, name) {
			return HeaderID(id)
		}
	}
	return Other
}

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
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

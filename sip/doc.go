// Package sip is the syntax of SIP: messages, headers and URIs, parsed and printed.
//
// A Message keeps its header lines in the order they came, as substrings of
// one text; a header's structure is read when somebody asks for it. Parsing
// therefore costs one scan, and what nobody reads costs nothing more. Check
// then tells whether a message may be acted on; a Framer cuts messages from a
// stream. What is tolerated (bare line feeds, a missing last empty line) is
// noted in Lenient; the limits stand in parse.go.
//
// Nouns: Message, Header, Framer, ParseError; URI, NameAddr, Via, CSeq, Params,
// Reason, Warning, RetryAfter, Replaces, SessionExpires, RAck, Event,
// SubscriptionState, MediaType, Diversion, HistoryEntry; Transport, Flow.
//
// RFC 3261 sections 7, 18.3, 19, 20 and 25; RFC 3262 (RSeq, RAck), 3326
// (Reason), 3327 (Path), 3515 (Refer-To), 3581 (rport), 3891 (Replaces), 3892
// (Referred-By), 3966 (tel), 4028 (Session-Expires, Min-SE), 5118 (IPv6), 5626
// (keep-alive), 5806 (Diversion), 6665 (Event), 7044 (History-Info).
//
// The package knows nothing of transactions, dialogs, sockets or time. Bodies
// are opaque to it, and so are credentials: package digest reads them.
package sip

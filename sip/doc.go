// Package sip is the syntax of SIP: messages, headers and URIs, parsed and printed.
//
// A Message keeps its header lines in the order they came, as substrings of
// one text; a header's structure is read when somebody asks for it. Parsing
// therefore costs one scan, and what nobody reads costs nothing more.
//
// Nouns: Message, Header, URI, NameAddr, Via, CSeq, Params, Reason, Flow.
// RFC 3261 sections 7, 19, 20 and 25; RFC 3326 (Reason), 3891 (Replaces),
// 3515 (Refer-To), 4028 (Session-Expires), 3262 (RSeq, RAck).
//
// The package knows nothing of transactions, dialogs, sockets or time.
package sip

// Package call is the B2BUA: a Call joins Legs, decides what each is sent and
// tells in events what happened.
//
// Event is the one list that live calls and captures share: outcome and ladder
// see nothing else. Nouns: Call, Leg, Attempt, Relay (a request passed from one
// leg's dialog to the other's), Event. RFC 3261 sections 13 to 16.7, 7092
// (B2BUA), 3264 (offer and answer passed through), 3311, 3326, 6086.
//
// What is passed: re-INVITE, UPDATE (as a re-INVITE where the other party has
// no UPDATE), INFO and MESSAGE; before the answer to the party whose early media
// is heard, an UPDATE, or a PRACK's offer as an UPDATE, only when both legs have
// answered the first offer reliably (RFC 3311 section 5.1); else it is answered
// 491 or, in a PRACK, 488. The caller gets reliable provisional responses where
// it requires them, or supports them and the callee's were (RFC 3262). A REFER of
// one who talks connects the other party with somebody else, with its rights (RFC
// 3515, 5589). Of a multipart body only the session description counts.
//
// What a proxy forks behind one INVITE are legs too, each with its dialog, and
// with the media addresses of the INVITE. All Contacts of a 3xx are tried.
//
// Session descriptions pass line by line. Our own origin is always put in; with
// relay also our addresses and ports, ICE, rtcp-mux and bundles are taken out,
// and streams that the server cannot carry are refused by port 0.
//
// The package sends nothing, opens no media and stores nothing: it returns
// actions that exchange carries out. Recordings are exchange's alone.
package call

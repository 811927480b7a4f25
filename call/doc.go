// Package call is the B2BUA: a Call joins Legs, decides what each is sent and
// tells in events what happened.
//
// Event is the one list that live calls and captures share: outcome and ladder
// see nothing else. Nouns: Call, Leg, Attempt, Relay (a request passed from one
// leg's dialog to the other's), Event. RFC 3261 sections 13 to 16.7, 7092
// (B2BUA), 3264 (offer and answer passed through), 3311, 3326, 6086.
//
// What is passed: re-INVITE, UPDATE (as a re-INVITE where the other party has
// no UPDATE), INFO and MESSAGE; before the answer INFO and MESSAGE only, to the
// party whose early media is heard. An UPDATE with an offer in an early dialog
// is answered 491. REFER is declined. Of a multipart body only the session
// description counts.
//
// Session descriptions pass line by line. Our own origin is always put in; with
// relay also our addresses and ports, ICE, rtcp-mux and bundles are taken out,
// and streams that the server cannot carry are refused by port 0.
//
// The package sends nothing, opens no media and stores nothing: it returns
// actions that exchange carries out. It does not resume, transfer or record.
package call

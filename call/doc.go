// Package call is the B2BUA: a Call joins Legs, decides what each is sent and
// tells in events what happened.
//
// Event is the one list that live calls and captures share: outcome and ladder
// see nothing else. Nouns: Call, Leg, Attempt, Event. RFC 3261 section 16.7
// (best response), 7092 (B2BUA), 3264 (offer and answer passed through), 3326.
//
// The package sends nothing, opens no media and stores nothing: it returns
// actions that exchange carries out.
package call

// Package dialog is the dialog of an INVITE: early and confirmed, its route
// set, target, CSeq numbers, offer and answer, reliable provisional responses
// and session timer (RFC 3261 sections 12 to 15, RFC 3262, 3264, 3311, 4028,
// 6141, 6337).
//
// A Dialog sees messages, not retransmissions (txn absorbs those), except the
// two that RFC 3261 leaves to the user agent core: it repeats a 2xx until its
// ACK comes, and repeats the ACK for each 2xx. It owns no clock and no socket.
//
// By itself it sends ACK, PRACK, session refreshes, the INVITE again after a
// 422, and the BYE that ends what its user has released. It refuses what the
// RFCs refuse without asking anybody: a CSeq that is too low, glare, a session
// interval too small, a PRACK that fits nothing. What its user may not send yet
// (a re-INVITE or offer while another is open, a BYE before the ACK) waits in
// order until it may.
//
// Nouns: Dialog, Options, Input, Action, State, ID.
//
// The package does not match messages to dialogs and does not route (stack
// does), and reads of a session description only that there is one.
package dialog

// Package dialog is the dialog of an INVITE: early and confirmed, its route
// set, target, CSeq numbers, offer and answer, reliable provisional responses
// and session timer (RFC 3261 sections 12 to 15, RFC 3262, 3264, 3311, 4028, 6337).
//
// A Dialog sees messages, not retransmissions (txn absorbs those), except the
// two that RFC 3261 leaves to the user agent core: it repeats a 2xx until its
// ACK comes, and repeats the ACK for each 2xx. It owns no clock and no socket.
//
// The package does not match messages to dialogs and does not route (stack does).
package dialog

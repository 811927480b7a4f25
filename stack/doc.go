// Package stack is the SIP endpoint: it matches packets to transactions and
// dialogs (RFC 3261 sections 12.2, 17.1.3, 17.2.3), answers by itself what
// needs no decision, and gives the rest to its user.
//
// One Endpoint owns all transactions and dialogs of one loop. It is pure:
// packets, commands and the time go in, actions come out. Nouns: Endpoint,
// Input, Action, Identity, Target.
//
// By itself it answers: malformed requests, unknown methods, schemes,
// extensions and bodies (400, 405, 414, 415, 416, 420, 505), copies of a forked
// request (482), requests of no dialog (481), a CANCEL (200 or 481), OPTIONS in
// a dialog, and what is over MaxTxns (503). An initial INVITE with one of these
// faults is given to its user with the code in Refuse, since a refused call has
// a record, and only its user knows whether the caller must authenticate first.
//
// Our branches and tags carry the ID of their transaction or dialog and 64
// random bits, so that what comes back is found without a map; requests of
// peers are found by a keyed hash of what section 17.2.3 compares. Requests go
// to the targets of RFC 3263 in turn, each with a branch of its own; the user
// knows all of them by the first one's ID. Responses go where sections 18.2.1
// and 18.2.2 and RFC 3581 say. A peer behind a NAT, or on a connection that it
// opened, is reached by the way its messages came.
//
// The package opens no socket, resolves no name and knows nothing of calls.
package stack

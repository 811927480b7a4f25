// Package stack is the SIP endpoint: it matches packets to transactions and
// dialogs (RFC 3261 sections 12.2, 17.1.3, 17.2.3), answers by itself what
// needs no decision (a malformed request, a CANCEL's 200, an unknown method),
// and gives the rest to its user.
//
// One Endpoint owns all transactions and dialogs of one loop. It is pure:
// packets, commands and the time go in, actions come out. Nouns: Endpoint,
// Input, Action, Target. RFC 3261 sections 8, 9, 18; RFC 3263 (choice among
// resolved targets), 3581 (rport), 5393 (loops).
//
// The package opens no socket, resolves no name and knows nothing of calls.
package stack

// Package txn is the four transaction machines of SIP: INVITE and non-INVITE,
// client and server (RFC 3261 section 17, RFC 6026).
//
// A machine takes inputs and the time, and returns actions; it owns no clock
// and no socket. Nouns: ID, Timers, InviteClient, InviteServer, Client, Server.
//
// The package does not match messages to transactions (stack does), and the
// ACK to a 2xx is no part of any of its machines (dialog has it).
package txn

// Package txn is the four transaction machines of SIP: INVITE and non-INVITE,
// client and server (RFC 3261 section 17, RFC 4320, RFC 6026).
//
// A machine takes inputs and the time, and returns actions; it owns no clock,
// no socket and no message. It is a plain value without pointers of its own,
// so that a held transaction costs little: who owns it holds the bytes that
// "send it again" means. Nouns: ID, Timers, State, Input, Action,
// InviteClient, InviteServer, Client, Server.
//
// The package does not match messages to transactions (stack does), and the
// ACK to a 2xx is no part of any of its machines (dialog has it).
package txn

// Package digest is HTTP digest authentication as SIP uses it, both sides:
// the challenges of a server and the check of their answers, and the answer
// of a client (RFC 7616, RFC 8760, RFC 3261 section 22).
//
// Nouns: Algorithm, Secret, Server, Challenge, Credentials, Verdict. Only
// qop=auth is spoken: auth-int is refused, and so is the form without qop of
// RFC 2069, because both sides of it are open to replay.
//
// The package sends nothing and keeps no account: the user's Secret is looked
// up by a function that is given to it.
package digest

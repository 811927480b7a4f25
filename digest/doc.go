// Package digest asks for and gives proof of a shared password: the Digest
// scheme as SIP uses it.
//
// A Server makes challenges and judges what comes back; it keeps nothing for a
// challenge, since a nonce is signed, and a little for each nonce in use. A
// Client answers the challenges of one account's server, and of no other.
//
// Nouns: Server, Result, Verdict, Secret, Algorithm, Client, Credentials, Challenge.
// RFC 7616, RFC 8760, RFC 3261 section 22.
//
// The package counts no failures and locks nobody out. A retransmission is not
// a replay to it, provided the transaction layer absorbs it before. Integrity
// of bodies (auth-int), hashed user names and the form without qop (RFC 2069)
// are refused.
package digest

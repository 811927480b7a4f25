// Package registrar keeps where users can be reached: the bindings of
// addresses of record to contacts (RFC 3261 section 10.3), with the Path of
// RFC 3327 and the instance ids of RFC 5626.
//
// A Table is a pure machine; whether a request may change an address of record
// is settled before it gets here. Nouns: Table, Binding, AOR.
//
// The package sends nothing, asks nobody for a password and stores nothing: it
// says what changed, for who keeps it.
package registrar

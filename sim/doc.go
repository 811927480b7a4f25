// Package sim runs the signalling server against scripted phones over a
// network that loses, repeats, delays and reorders, in virtual time, from one
// seed. The phones are written from the RFCs and import sip alone, so that an
// error in txn or dialog cannot hide in both ends.
//
// Nouns: Net (the network), Faults, Phone, World (a server, its phones, one
// seed). Only tests use it.
package sim

// Package store keeps what must outlive the process: the starts of calls, their
// records, the messages that prove them, and registrations.
//
// Local is the engine of one node. A call is first written to the log, a row of
// preallocated segment files of chunks with a CRC: its start at once (so that a
// killed process loses nothing), its record and evidence by group commit, several
// calls that end together in one compressed chunk. SQLite
// is fed from the log in large transactions and answers the searches; what it
// has not seen yet is answered from memory or from the log's tail. A start
// replays the log from the last indexed position, idempotently by call id, and
// hands back the calls that were up. Reader reads the same folder from another
// process.
//
// Nouns: Store, Start, Recovered, Filter, Cursor, Page, Binding; inside: chunk,
// segment, journal, index.
//
// The package knows nothing of SIP beyond the text of messages, decides no
// outcome and closes no call: the exchange does that with what Open returns.
package store

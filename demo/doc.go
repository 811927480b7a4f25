// Package demo places one call for every Bye Reason that the server can
// produce, with simulated phones and carriers over real sockets, all at once,
// and compares the records with what the table of reasons says.
//
//	report, err := demo.Run(ctx, demo.Options{Dir: dir, Start: start, Out: os.Stdout})
//	if report.Differ() { ... }
//	report.Stay(ctx) // keeps the extensions 9001 to 9008 for people to dial
//
// What is expected of a call is taken from outcome.Entries and from what the
// simulated parties do, never from the record: who wrote the record is what is
// shown.
//
// A further reason is a further scene (scenes.go): what is dialled, what the far
// end does, who is expected to end the call. A test holds that each of the table's
// reasons is shown.
//
// Nouns: Options, System (a server that was started for it), Scene (a call and
// who plays in it), Result, Report. The rules are those of package outcome; the
// phones are those of package phone, so RFC 3261, 3262, 3264, 3326.
//
// The package starts no server itself and reads no configuration: it writes
// configurations as text and is handed running Systems for them. It measures
// nothing and sends nothing to any address but loopback.
package demo

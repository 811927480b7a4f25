// Package analyse reads what a capture shows and says how each call ended: the
// same events and the same record as those of a live call.
//
// An Analyser takes capture.Items in the order of the capture. It keeps the
// messages of the calls that are open, puts them on legs by Call-ID and tags,
// joins the legs of a server that makes calls of its own, and hands out each
// Call when it is over: its record, its events, the joins with their reasons,
// and findings in plain words. It never sends, so it runs neither transactions
// nor dialogs: its trackers are passive, and what they conclude (a timer that
// must have fired) is marked as inferred.
//
// Memory is bounded: calls are handed out 64*T1 after their end, and the
// longest idle ones when too many are open at once.
//
// Nouns: Analyser, Call, Join, Finding, Totals. RFC 3261 sections 12 and 17
// (tags, timers A to K), 3262 (reliable provisional responses), 3264 (hold), 4028
// (session timers), 7989 (Session-ID).
//
// The package opens no file and no socket, decides no reason (package outcome
// does) and draws nothing (package ladder does).
package analyse

// Package outcome says why a call ended: Fold makes its one Record from its
// events, by the rules of docs/outcomes.md, and Verdict says what the caller
// must be sent while the call is still ending.
//
// Nouns: Record, Status, Reason (a Bye Reason), Evidence, Leg, Segment. RFC
// 3326 and 6432 (Reason), 3398 (codes and causes), 3261 section 16.7.
//
// The package sees call events only; whether they came from a live call or
// from a capture makes no difference to it.
package outcome

// Package ladder draws a call: who sent what to whom, when, and what timers,
// media and decisions came in between.
//
// Layout arranges the events of a call once; the Ladder then prints itself as
// text for a terminal, as a Mermaid sequence diagram, or as SVG.
//
// Nouns: Ladder, Column (a party or host), Row (an arrow, a bar, a gap). The
// messages are those of RFC 3261; the drawing is in the manner of RFC 3665.
//
// The package sees call events only, judges nothing, and draws a damaged
// message by its first line.
package ladder

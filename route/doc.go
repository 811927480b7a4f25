// Package route answers one question: who is being called? It turns a dialled
// number into a plan: ordered steps, each a set of targets that ring together.
//
// Nouns:
//
//   - Rule: a pattern over the whole number and the destinations it leads to.
//     Rules are tried from the top, the first match wins.
//   - Destination: a destination as written, such as trunk:carrier or sip:p$1@192.0.2.7.
//   - Group: extensions that ring together or in turn.
//   - Table: the rules, users, groups and trunks of one system, checked and compiled.
//   - Plan: what came out: steps, or a refusal whose cause is spelt as a Bye Reason.
//   - Target: one thing to ring: a user, a number on a trunk, a SIP address, the echo test.
//   - Policies: who may call whom: barred numbers, closed user groups, features, well-formed numbers.
//
// After the rules come two implicit ones: the name of a user dials the user, the
// name of a group the group.
//
// It looks nothing up outside its table: contacts are the registrar's, whether a
// trunk is up or full and how many calls a user has is the exchange's, and who the
// caller is must be known. It sends nothing and keeps no state from one call to
// the next.
//
// RFCs: 3261 section 19.1 for the SIP addresses that a rule may name; 3261
// section 16.3 step 4 for the idea of refusing a route that leads back to itself.
//
// It imports regexp, alone among the pure packages: rules are regular expressions
// of RE2, which run in time linear in the number.
package route

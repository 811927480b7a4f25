// Package app holds the applications that answer calls: menus (IVR), voicemail,
// queues. Each is straight-line code, a goroutine a call, on the verbs of a
// Session: answer, play, collect digits, record, dial, hang up.
//
// Nouns: Session (a call as an application has it), App, Prompt (a sound by its
// name), Node and Leaf (a place in a menu; a leaf is where nothing more is
// asked), Mailbox, Queue (where callers wait), Agent (an extension that takes them), Floor
// (all queues with their callers and agents), Waiting (the application of a queue's
// caller), Event (what a queue tells).
//
// An application never sees SIP, and waits for nobody but its own caller: the
// loop of signalling never waits for it. When the caller's leg ends, every verb
// returns ErrHungUp at once. What the call's record says of it comes from the
// stages, nodes and leaves that it names (outcome/README section 3).
package app

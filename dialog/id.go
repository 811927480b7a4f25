package dialog

// An ID names a dialog of one stack.Endpoint, from the INVITE that may form it
// to its end: its shard in the top byte, then slot and generation. 0 is none.
type ID uint64

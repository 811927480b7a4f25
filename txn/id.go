package txn

// An ID names a transaction of one stack.Endpoint: its shard in the top byte,
// then slot and generation, so that an ID that is over never names another
// transaction. 0 is none.
type ID uint64

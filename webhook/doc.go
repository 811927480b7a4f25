// Package webhook tells other programs of events by HTTP, as Standard Webhooks
// has it (https://www.standardwebhooks.com): each message is signed, has an id
// that stays the same when it is sent again, and is tried again for more than a
// day until it is taken.
//
// An Endpoint is a URL with its secrets. A Sender keeps what is to be delivered
// in a file, so that a process that is killed goes on where it was. Each
// endpoint has a lane of its own: one that is slow or dead holds up nobody else.
// Messages of one key, such as a call, are delivered in order: the next one is
// sent when the one before was taken or given up.
//
// The package knows nothing of calls: what a message says is its maker's.
package webhook

// Package api is how people and programs speak with a running server: HTTP with
// JSON, described by OpenAPI 3.1, with live events by server-sent events.
//
// Two channels lead to the same handlers: the control socket, a unix socket in
// the data folder that only its owner may open and that may do everything, and
// the network, where a key with scopes says who asks and what it may do.
//
// It reaches the exchange by commands and the store for what is over. Errors are
// problem documents (RFC 9457), each with a code and a page that explains it.
// Nouns: Server, Problem, Key, Keyring, Hub (who follows the events), Metrics.
//
// It serves no TLS and no pages of the console.
package api
